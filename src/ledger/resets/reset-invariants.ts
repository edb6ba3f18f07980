/** The invariants of banked resets and usage windows; see `invariants.ts`. */
export const RESET_INVARIANTS: Readonly<Record<string, string>> = {
  'a reset has the status of its last movement': `
    WITH last AS (SELECT DISTINCT ON (reset_id) reset_id, account_id, kind, effective_at FROM boon.reset_movements ORDER BY reset_id, seq DESC)
    SELECT format('reset %s is %s, its last movement %s', r.id, r.status, m.kind) AS detail FROM boon.resets r
    FULL JOIN last m ON m.reset_id = r.id
    WHERE r.account_id IS DISTINCT FROM m.account_id
      OR r.status::text IS DISTINCT FROM CASE WHEN m.kind IN ('granted', 'released') THEN 'available' ELSE m.kind::text END
      OR r.redeemed_at IS DISTINCT FROM CASE m.kind WHEN 'redeemed' THEN m.effective_at END`,
  'a reset is granted once, and moves on only while it is to be had': `
    SELECT format('reset %s: %s after %s', m.reset_id, m.kind, m.before) AS detail FROM (
      SELECT x.*, lag(x.kind) OVER (PARTITION BY x.reset_id ORDER BY x.seq) AS before FROM boon.reset_movements x) m
    WHERE NOT CASE m.kind WHEN 'granted' THEN m.before IS NULL WHEN 'released' THEN m.before = 'held'
                          WHEN 'given' THEN coalesce(m.before = 'held', false)
                          WHEN 'revoked' THEN coalesce(m.before IN ('granted', 'released', 'held'), false)
                          ELSE coalesce(m.before IN ('granted', 'released'), false) END`,
  'every redeemed reset has its one redemption': `
    SELECT format('reset %s', coalesce(r.id, d.reset_id)) AS detail FROM (SELECT * FROM boon.resets WHERE status = 'redeemed') r
    FULL JOIN (SELECT reset_id, min(account_id) AS account_id, min(effective_at) AS effective_at, count(*) AS times
               FROM boon.redemptions GROUP BY reset_id) d ON d.reset_id = r.id
    WHERE (r.account_id, r.redeemed_at, 1) IS DISTINCT FROM (d.account_id, d.effective_at, d.times)`,
  'a reset is redeemed before it expires, and expires when it says': `
    SELECT format('reset %s until %s %s at %s', r.id, r.expires_at, m.kind, m.effective_at) AS detail
    FROM boon.resets r JOIN boon.reset_movements m ON m.reset_id = r.id
    WHERE (m.kind = 'redeemed' AND m.effective_at >= r.expires_at) OR (m.kind = 'expired' AND m.effective_at < r.expires_at)`,
  'a redemption spent its reset on something, and restored both windows': `
    WITH last AS (
      SELECT DISTINCT ON (m.account_id) d.* FROM boon.reset_movements m JOIN boon.redemptions d ON d.reset_id = m.reset_id
      WHERE m.kind = 'redeemed' ORDER BY m.account_id, m.effective_at DESC, m.seq DESC
    )
    SELECT format('redemption %s of %s found nothing used', d.request_id, d.account_id) AS detail FROM boon.redemptions d
    WHERE d.five_hour_used + d.weekly_used <= 0
    UNION ALL
    SELECT format('redemption %s of %s left its %s window as it was', d.request_id, d.account_id, w.kind)
    FROM last d JOIN boon.usage_windows w ON w.account_id = d.account_id
    WHERE w.restored_by IS DISTINCT FROM d.reset_id
      AND w.started_at = CASE w.kind WHEN 'weekly' THEN d.weekly_started_at ELSE d.five_hour_started_at END
      AND NOT EXISTS (SELECT FROM boon.events e WHERE e.type = 'windows.restored' AND e.accounts @> ARRAY[d.account_id]
                      AND e.effective_at >= d.effective_at - interval '2 seconds')
      -- Another that came at the same time by another server's clock.
      AND NOT EXISTS (SELECT FROM boon.redemptions o WHERE o.account_id = d.account_id AND o.reset_id = w.restored_by
                      AND o.effective_at >= d.effective_at - interval '2 seconds')
    UNION ALL
    SELECT format('redemption %s of %s found %s and %s used, its windows say %s and %s', d.request_id, d.account_id, d.five_hour_used, d.weekly_used, w.five_hour, w.weekly)
    FROM boon.redemptions d
    -- More than one window ends at a moment where two redemptions follow each other at once.
    CROSS JOIN LATERAL (SELECT max(p.used) FILTER (WHERE p.kind = 'five_hour') AS five_hour, max(p.used) FILTER (WHERE p.kind = 'weekly') AS weekly
      FROM boon.past_windows p WHERE p.account_id = d.account_id AND p.ended_at = d.effective_at) w
    WHERE d.request_id = 'boon:last-moment/' || d.reset_id
      AND (d.five_hour_used > coalesce(w.five_hour, d.five_hour_used) OR d.weekly_used > coalesce(w.weekly, d.weekly_used))
    UNION ALL
    SELECT format('reset %s expired, and was to be redeemed: %s was used', r.id, w.used) FROM boon.resets r
    JOIN boon.accounts a ON a.id = r.account_id AND a.auto_redeem AND a.status = 'active' AND a.updated_at < r.expires_at - boon_code.last_moment()
    CROSS JOIN LATERAL boon_code.window_at(r.account_id, 'weekly', boon_code.last_moment_of(r)) w
    WHERE r.status = 'expired' AND r.granted_at <= boon_code.last_moment_of(r) AND w.used > 0
      AND EXISTS (SELECT FROM boon.usage u WHERE u.account_id = r.account_id AND u.weekly_window = w.number AND u.plan_part > 0
        AND u.weekly_limit IS NOT NULL AND u.at < r.expires_at AND u.told_at < r.expires_at - boon_code.last_moment())`,
  'windows are within bounds': `
    SELECT format('%s window of %s has used %s', w.kind, w.account_id, w.used) AS detail FROM boon.usage_windows w
    WHERE w.used < 0 OR NOT EXISTS (SELECT FROM boon.accounts a WHERE a.id = w.account_id)
    UNION ALL
    -- What a clock that lags behind used counts in 5 hours that had begun, and in the week before one that was restored since.
    SELECT format('%s used %s in 5 hours and %s in the week around them', w.account_id, f.used, w.used)
    FROM boon.usage_windows f JOIN boon.usage_windows w ON w.account_id = f.account_id AND w.kind = 'weekly'
    WHERE f.kind = 'five_hour' AND f.used > w.used AND f.started_at >= w.started_at AND boon_code.counts_from(f) >= boon_code.counts_from(w)
      AND f.used - coalesce((SELECT sum(u.plan_part) FROM boon.usage u WHERE u.account_id = f.account_id AND u.five_hour_window = f.since
        AND u.at = u.told_at AND u.at < boon_code.counts_from(w)), 0) > w.used`,
  'resets on hold are those of open gifts, and given ones those of settled gifts': `
    SELECT format('reset %s is %s, its gift %s is %s', coalesce(r.id, g.reset_id), r.status, g.id, g.status) AS detail
    FROM (SELECT * FROM boon.resets WHERE status IN ('held', 'given')) r
    FULL JOIN (SELECT * FROM boon.gifts WHERE reset_id IS NOT NULL AND (deadline IS NOT NULL OR status = 'settled')) g ON g.reset_id = r.id
    WHERE g.id IS NULL OR r.status::text IS DISTINCT FROM CASE g.status WHEN 'settled' THEN 'given' ELSE 'held' END OR r.account_id <> g.sender_id
    UNION ALL
    SELECT format('reset %s goes on from %s for gift %s', n.id, n.from_reset, g.id)
    FROM (SELECT * FROM boon.resets WHERE source = 'gift') n
    FULL JOIN (SELECT * FROM boon.gifts WHERE reset_id IS NOT NULL AND status = 'settled') g ON g.id = n.reference
    WHERE (n.from_reset, n.account_id, n.granted_at) IS DISTINCT FROM (g.reset_id, g.recipient_id, g.settled_at)`,
  'a reset comes back once, to its owner, after it was redeemed': `
    SELECT format('reset %s came back as %s', b.from_reset, b.id) AS detail FROM boon.resets b
    LEFT JOIN boon.resets r ON r.id = b.from_reset
    WHERE b.source = 'return' AND (r.status IS DISTINCT FROM 'redeemed' OR r.account_id <> b.account_id OR r.return_at IS NOT NULL
      OR b.granted_at < r.redeemed_at OR b.granted_at > r.redeemed_at + (SELECT p.return_within FROM boon.reset_rules p WHERE p.version = r.policy_version))
    UNION ALL
    SELECT format('reset %s came back as %s, posted at %s, until %s', b.from_reset, b.id, b.posted_at, b.expires_at) FROM boon.resets b
    JOIN boon.resets r ON r.id = b.from_reset JOIN boon.reset_rules p ON p.version = b.policy_version
    WHERE b.source = 'return' AND (b.posted_at < b.granted_at
      OR b.expires_at < greatest(r.expires_at, b.granted_at + p.return_within, b.posted_at + p.return_within)
      OR (b.program, b.policy_version) IS DISTINCT FROM (r.program, r.policy_version))
    UNION ALL
    SELECT format('reset %s came back %s times', from_reset, count(*)) FROM boon.resets WHERE from_reset IS NOT NULL
    GROUP BY from_reset HAVING count(*) > 1`,
};
