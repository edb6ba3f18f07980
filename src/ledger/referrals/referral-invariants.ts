/** The invariants of referrals, rewards and their months; see `invariants.ts`. */
export const REFERRAL_INVARIANTS: Readonly<Record<string, string>> = {
  'a month gave out no more rewards than its cap, each place once': `
    SELECT format('account %s, program %s, month %s: %s of %s used, %s places', w.account_id, w.program, w.month, w.used, w.cap, s.places) AS detail
    FROM boon.reward_windows w
    CROSS JOIN LATERAL (
      SELECT count(*) AS places, count(DISTINCT x.number) AS numbers, coalesce(max(x.number), 0) AS last FROM boon.reward_slots x
      WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month) s
    WHERE w.used > w.cap OR (s.places, s.numbers, s.last) IS DISTINCT FROM (w.used::bigint, w.used::bigint, w.used)
    UNION ALL
    SELECT format('referral %s has a place in a month that is not there', s.referral_id) FROM boon.reward_slots s
    WHERE NOT EXISTS (SELECT FROM boon.reward_windows w WHERE w.account_id = s.account_id AND w.program = s.program AND w.month = s.month)`,
  'a month’s cap is the program’s, or was raised by somebody': `
    SELECT format('account %s, program %s, month %s: %s', w.account_id, w.program, w.month, w.cap) AS detail FROM boon.reward_windows w
    LEFT JOIN LATERAL (
      SELECT x.cap FROM boon.reward_cap_raises x WHERE x.account_id = w.account_id AND x.program = w.program AND x.month = w.month
      ORDER BY x.seq DESC LIMIT 1) r ON true
    WHERE w.cap < r.cap OR (w.cap IS DISTINCT FROM r.cap
      AND NOT EXISTS (SELECT FROM boon.program_rules p WHERE p.program = w.program AND p.monthly_cap = w.cap))`,
  'a place was free under the terms of its referral': `
    SELECT format('referral %s, place %s of %s', s.referral_id, s.number, s.cap) AS detail FROM boon.reward_slots s
    LEFT JOIN boon.referrals r ON r.id = s.referral_id
    LEFT JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    WHERE s.number > s.cap OR (s.cap > p.monthly_cap AND NOT EXISTS (
      SELECT FROM boon.reward_cap_raises x WHERE x.account_id = s.account_id AND x.program = s.program AND x.month = s.month AND x.cap >= s.cap))`,
  'a reward met no lower cap than its own, and was refused only in a month that was full': `
    SELECT format('referral %s is %s at a cap of %s, %s places', r.id, r.status, r.cap_met, m.places) AS detail FROM boon.referrals r
    JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    CROSS JOIN LATERAL (
      SELECT count(*) AS places FROM boon.reward_windows w JOIN boon.reward_slots s ON s.account_id = w.account_id AND s.program = w.program AND s.month = w.month
      WHERE w.account_id = r.referrer_id AND w.program = r.program AND w.starts_at <= r.ended_at AND w.ends_at > r.ended_at) m
    WHERE r.reason_code = 'reward_cap_reached' AND (r.cap_met < p.monthly_cap OR (r.status = 'refused' AND m.places < r.cap_met))`,
  'a reward waited for a frozen account as long as its program says': `
    SELECT format('referral %s was due at %s and refused at %s', r.id, coalesce(r.reward_due_at, r.qualified_at), r.ended_at) AS detail
    FROM boon.referrals r JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    WHERE r.status = 'refused' AND r.reason_code = 'account_frozen' AND r.ended_at < coalesce(r.reward_due_at, r.qualified_at) + p.clawback_within
      AND NOT EXISTS (SELECT FROM boon.accounts a WHERE a.id IN (r.referrer_id, r.friend_id) AND a.status = 'closed')
      AND NOT EXISTS (SELECT FROM boon.account_history h WHERE h.account_id IN (r.referrer_id, r.friend_id) AND h.status = 'closed')`,
  'a place was left for each who waited for a frozen account before it was taken': `
    WITH waiting AS (
      SELECT r.id, r.referrer_id, r.program, r.qualified_at, max(e.seq) AS since FROM boon.referrals r
      JOIN boon.events e ON e.subject = r.id AND e.type = 'referral.deferred'
      WHERE r.status = 'qualified' AND r.reason_code = 'account_frozen' GROUP BY r.id)
    SELECT format('referral %s took place %s of %s before %s', t.referral_id, t.number, t.cap, string_agg(t.id, ', ')) AS detail FROM (
      SELECT s.referral_id, s.number, s.cap, w.id, c.cap AS own_cap,
        row_number() OVER (PARTITION BY s.referral_id ORDER BY w.qualified_at, w.id) AS turn
      FROM waiting w
      JOIN boon.referrals r ON r.referrer_id = w.referrer_id AND r.program = w.program AND (r.qualified_at, r.id) > (w.qualified_at, w.id)
      JOIN boon.reward_slots s ON s.referral_id = r.id
      JOIN boon.events e ON e.subject = r.id AND e.type = 'referral.rewarded' AND e.seq > w.since
      CROSS JOIN LATERAL (SELECT greatest(p.monthly_cap, (
          SELECT max(x.cap) FROM boon.reward_cap_raises x
          WHERE x.account_id = s.account_id AND x.program = s.program AND x.month = s.month AND x.effective_at <= s.claimed_at)) AS cap
        FROM boon.referrals x JOIN boon.program_rules p ON p.version = x.policy_version AND p.program = x.program WHERE x.id = w.id) c) t
    -- Who had a place under their own terms before this one was taken.
    WHERE t.own_cap >= t.number + t.turn - 1
    GROUP BY t.referral_id, t.number, t.cap HAVING t.number + count(*) > t.cap OR bool_or(t.own_cap < t.number + t.turn)`,
  'months of one account and program do not overlap': `
    SELECT format('account %s, program %s: %s and %s', w.account_id, w.program, w.month, w.next) AS detail FROM (
      SELECT x.*, lead(x.starts_at) OVER o AS next_starts_at, lead(x.month) OVER o AS next FROM boon.reward_windows x
      WINDOW o AS (PARTITION BY x.account_id, x.program ORDER BY x.starts_at)) w
    WHERE w.ends_at > w.next_starts_at`,
  'every place belongs to a reward of its month': `
    SELECT format('referral %s, place of %s', coalesce(s.referral_id, w.referral_id), s.account_id) AS detail FROM boon.reward_slots s
    LEFT JOIN boon.reward_windows m ON m.account_id = s.account_id AND m.program = s.program AND m.month = s.month
    LEFT JOIN boon.referrals r ON r.id = s.referral_id
    FULL JOIN (SELECT * FROM boon.referral_rewards WHERE recipient = 'referrer') w ON w.referral_id = s.referral_id
    WHERE (s.account_id, s.account_id, s.program, s.claimed_at, s.claimed_at)
        IS DISTINCT FROM (r.referrer_id, w.account_id, r.program, r.rewarded_at, w.given_at)
      OR s.claimed_at < m.starts_at OR s.claimed_at >= m.ends_at`,
  'a reward was banked as it says, and what was taken back was there': `
    WITH banked AS (
      SELECT w.*, r.program, b.resets AS banked_resets, b.revoked, l.granted, l.source AS lot_source, l.account_id AS owner, c.amount AS clawed
      FROM boon.referral_rewards w LEFT JOIN boon.referrals r ON r.id = w.referral_id
      CROSS JOIN LATERAL (
        SELECT count(*) AS resets, count(*) FILTER (WHERE x.status = 'revoked') AS revoked FROM boon_code.last_resets(w.account_id, 'referral', w.referral_id) x) b
      LEFT JOIN boon.lots l ON l.id = w.lot_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.amount), 0) AS amount FROM boon.transfers x
        WHERE x.kind = 'clawback' AND x.debit_account = w.account_id AND x.reference = w.referral_id) c
    )
    SELECT format('referral %s, the %s: %s resets, %s credits', referral_id, recipient, resets, boon_code.credits(credits)) AS detail FROM banked
    WHERE program IS NULL OR banked_resets <> resets OR revoked <> coalesce(resets_back, 0) OR clawed <> coalesce(credits_back, 0)
      OR coalesce(granted, 0) <> credits OR (lot_id IS NOT NULL AND (owner, lot_source) IS DISTINCT FROM (account_id, 'earned'::boon.lot_source))
    UNION ALL
    SELECT format('reset %s was given by no reward', x.id) FROM boon.resets x
    WHERE x.source = 'referral' AND NOT EXISTS (
      SELECT FROM boon.referral_rewards w WHERE w.referral_id = x.reference AND w.account_id = x.account_id)
    UNION ALL
    SELECT format('transfer %s takes back no reward', t.seq) FROM boon.transfers t
    WHERE t.kind = 'clawback' AND NOT EXISTS (
      SELECT FROM boon.referral_rewards w WHERE w.referral_id = t.reference AND w.account_id = t.debit_account)`,
  'a rewarded referral gave what its program says, to each once': `
    SELECT format('referral %s is %s (%s)', r.id, r.status, r.reason_code) AS detail FROM boon.referrals r
    LEFT JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    CROSS JOIN LATERAL (
      SELECT max(w.resets) FILTER (WHERE w.recipient = 'referrer') AS referrer_resets, max(w.credits + w.no_room) FILTER (WHERE w.recipient = 'referrer') AS referrer_credits,
        max(w.resets) FILTER (WHERE w.recipient = 'friend') AS friend_resets, max(w.credits + w.no_room) FILTER (WHERE w.recipient = 'friend') AS friend_credits,
        count(*) AS given, bool_or(w.account_id <> CASE w.recipient WHEN 'referrer' THEN r.referrer_id ELSE r.friend_id END) AS astray
      FROM boon.referral_rewards w WHERE w.referral_id = r.id) w
    WHERE p.program IS NULL OR w.astray
      OR (r.rewarded_at IS NOT NULL AND (coalesce(w.referrer_resets, 0), coalesce(w.referrer_credits, 0), coalesce(w.friend_resets, 0), coalesce(w.friend_credits, 0))
        <> (p.referrer_resets, p.referrer_credits, p.friend_resets, p.friend_credits))
      OR (r.rewarded_at IS NULL AND w.referrer_resets IS NOT NULL)
      OR (w.given > 0 AND r.qualified_at IS NULL)`,
  'credits of a reward were left out, or refused, only where there was no room': `
    SELECT format('referral %s, the %s: %s credits', w.referral_id, w.recipient, boon_code.credits(w.no_room)) AS detail FROM boon.referral_rewards w
    WHERE w.no_room > 0 AND w.no_room <= boon_code.room_of(w.account_id)
    UNION ALL
    SELECT format('referral %s is refused as account_full', r.id) FROM boon.referrals r
    JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    WHERE r.status = 'refused' AND r.reason_code = 'account_full' AND (p.referrer_credits = 0 OR p.referrer_credits <= boon_code.room_of(r.referrer_id))
      AND (p.friend_credits = 0 OR p.friend_credits <= boon_code.room_of(r.friend_id))`,
  'a referral counts its prompts, after the link and in time': `
    SELECT format('referral %s says %s, its prompts %s', r.id, r.prompts_seen, c.prompts) AS detail FROM boon.referrals r
    CROSS JOIN LATERAL (
      SELECT count(*) AS prompts, min(p.prompted_at) AS first, max(p.prompted_at) AS last FROM boon.referral_prompts p WHERE p.referral_id = r.id) c
    WHERE c.prompts <> r.prompts_seen OR c.first < r.joined_at OR c.last >= r.expires_at
      OR (r.qualified_at IS NOT NULL) <> (r.prompts_seen = r.prompts_required)
      -- A clock that was minutes ahead lets nobody qualify later than it was told.
      OR r.qualified_at > c.last OR r.qualified_at < c.last - interval '5 minutes'`,
  'an invitation that ran out ended then, and no reward was given before the friend qualified': `
    SELECT format('referral %s ended at %s, not at %s', r.id, r.ended_at, r.expires_at) AS detail FROM boon.referrals r
    WHERE r.status = 'expired' AND r.ended_at <> r.expires_at
    UNION ALL
    SELECT format('referral %s is rewarded at %s, its friend qualified at %s', r.id, least(r.rewarded_at, w.given_at), r.qualified_at)
    FROM boon.referrals r LEFT JOIN boon.referral_rewards w ON w.referral_id = r.id
    WHERE least(r.rewarded_at, w.given_at) < r.qualified_at`,
  'a friend belongs to the first link used': `
    SELECT format('account %s by %s, and by %s before', w.friend_id, w.id, x.id) AS detail FROM boon.referrals w
    JOIN boon.referrals x ON x.friend_id = w.friend_id AND x.id <> w.id AND x.joined_at <= w.joined_at AND x.ended_at > w.joined_at
    WHERE (w.status = 'joined' OR w.qualified_at IS NOT NULL) AND x.status IN ('expired', 'canceled')
    UNION ALL
    SELECT format('%s and %s have referred each other: %s counts, %s came before', w.referrer_id, w.friend_id, w.id, x.id) FROM boon.referrals w
    JOIN boon.referrals x ON x.referrer_id = w.friend_id AND x.friend_id = w.referrer_id AND x.joined_at < w.joined_at
    WHERE w.status = 'joined' AND CASE x.status WHEN 'joined' THEN x.expires_at ELSE x.ended_at END > w.joined_at
      AND x.status IN ('joined', 'expired', 'canceled')
      AND EXISTS (SELECT FROM boon.events e WHERE e.subject = w.id AND e.type = 'referral.joined' AND e.seq > (SELECT max(s.event) FROM boon.mutual_links_since s))`,
  'a friend who waits for the reward is another person than who invited them, and was away': `
    SELECT format('referral %s is %s', r.id, r.status) AS detail FROM boon.referrals r
    JOIN boon.accounts a ON a.id = r.referrer_id JOIN boon.accounts f ON f.id = r.friend_id
    LEFT JOIN boon.account_activity b ON b.account_id = f.id
    LEFT JOIN boon.program_rules p ON p.version = r.policy_version AND p.program = r.program
    WHERE r.status IN ('joined', 'qualified') AND (a.fingerprints && f.fingerprints OR a.email_index = f.email_index
      OR (r.status = 'joined' AND NOT r.friend_is_new AND boon_code.last_activity_before(f, b, r.joined_at, p.login_grace) + p.dormancy >= r.joined_at))`,
  'a friend is won once': `
    SELECT format('account %s by %s', friend_id, string_agg(id, ', ')) AS detail FROM boon.referrals
    WHERE status = 'joined' OR qualified_at IS NOT NULL GROUP BY friend_id HAVING count(*) > 1`,
  'of two people who refer each other one was rewarded': `
    SELECT format('referrals %s and %s', r.id, x.id) AS detail FROM boon.referrals r
    JOIN boon.referrals x ON x.referrer_id = r.friend_id AND x.friend_id = r.referrer_id
    JOIN boon.reward_slots s ON s.referral_id = x.id AND s.cap IS NOT NULL
    WHERE r.rewarded_at <= x.rewarded_at AND r.id <> x.id`,
  'every referral has its events': `
    SELECT format('referral %s is %s and has no such event', r.id, r.status) AS detail FROM boon.referrals r
    WHERE NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = r.id AND e.type = 'referral.invited')
      OR NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = r.id AND e.type = 'referral.' || r.status)`,
};
