-- Has letters be due that no process has begun within ten minutes: it is gone, or was never there. Answers how many.
CREATE FUNCTION boon_code.collect_letters(p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
  WITH news AS (
    SELECT 'reward' AS kind, w.referral_id AS subject, w.recipient::text AS which, w.account_id, w.given_at AS at FROM boon.referral_rewards w
      WHERE w.given_at > p_at - boon_code.letter_day() AND w.given_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'purchase', p.id, '', p.account_id, p.paid_at FROM boon.purchases p
      WHERE p.paid_at > p_at - boon_code.letter_day() AND p.paid_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'top_up_unpaid', p.id, '', p.account_id, p.ended_at FROM boon.purchases p
      WHERE p.kind = 'top_up' AND p.status IN ('expired', 'failed') AND p.ended_at > p_at - boon_code.letter_day() AND p.ended_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'refund', r.id, '', p.account_id, r.ended_at FROM boon.refunds r JOIN boon.purchases p ON p.id = r.purchase_id
      WHERE r.status = 'succeeded' AND r.ended_at > p_at - boon_code.letter_day() AND r.ended_at <= p_at - interval '10 minutes'
  ), made AS (
    INSERT INTO boon.letters (id, kind, subject, which, due_at)
    SELECT concat_ws('/', n.kind, n.subject, nullif(n.which, '')), n.kind, n.subject, n.which, p_at FROM news n
    JOIN boon.accounts a ON a.id = n.account_id AND a.email_sealed IS NOT NULL
    WHERE n.at > (SELECT max(s.since) FROM boon.letters_since s)
    ORDER BY 1 ON CONFLICT (id) DO NOTHING RETURNING 1
  )
  SELECT count(*) FROM made
$$;
