-- What an account owns and may do, as one JSON a question.

-- The balance now: the open lots and the running totals.
CREATE FUNCTION boon.balance(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH lot AS (
    SELECT l.* FROM boon.lots l WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at)
  )
  SELECT jsonb_build_object(
    'account_id', a.id, 'as_of', p_at,
    'available', boon.credits(coalesce((SELECT sum(l.remaining) FROM lot l), 0)::bigint),
    'held', boon.credits(a.debits_pending),
    'pending_in', boon.credits(coalesce((
      SELECT sum(g.amount) FROM boon.gifts g WHERE g.recipient_id = a.id AND g.deadline IS NOT NULL), 0)::bigint),
    'debt', boon.credits(coalesce((SELECT d.amount FROM boon.debts d WHERE d.account_id = a.id), 0)),
    'lots', coalesce((
      SELECT jsonb_agg(boon.lot_view(o) ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id)
      FROM boon.lots o JOIN lot l ON l.id = o.id), '[]'::jsonb))
  FROM boon.ledger_accounts a WHERE a.id = p_account
$$;

-- The balance at a past moment: what the entries effective by then add up to. Of a lot that a lagging clock spent
-- from before it was granted there is nothing yet.
CREATE FUNCTION boon.balance_as_of(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH lot AS (
    SELECT l.id, l.source, l.granted, l.granted_at, l.expires_at, l.giftable, l.products, sum(e.amount)::bigint AS remaining
    FROM boon.entries e JOIN boon.lots l ON l.id = e.lot_id
    WHERE e.account_id = p_account AND e.effective_at <= p_at AND (l.expires_at IS NULL OR l.expires_at > p_at)
    GROUP BY l.id HAVING sum(e.amount) > 0
  ), open_gift AS (
    SELECT g.* FROM boon.gifts g
    WHERE g.accepted_at <= p_at AND coalesce(g.settled_at, g.ended_at, 'infinity') > p_at
      AND (g.sender_id = p_account OR g.recipient_id = p_account)
    UNION ALL
    SELECT g.* FROM boon.gifts g
    WHERE p_account = 'boon:promotional' AND g.payer_id = p_account
      AND g.accepted_at <= p_at AND coalesce(g.settled_at, g.ended_at, 'infinity') > p_at
  )
  SELECT jsonb_build_object(
    'account_id', a.id, 'as_of', p_at,
    'available', boon.credits(coalesce((SELECT sum(l.remaining) FROM lot l), 0)::bigint),
    'held', boon.credits(coalesce((SELECT sum(g.amount) FROM open_gift g WHERE g.payer_id = p_account), 0)::bigint),
    'pending_in', boon.credits(coalesce((
      SELECT sum(g.amount) FROM open_gift g
      WHERE g.recipient_id = p_account AND coalesce(g.claimed_at, g.accepted_at) <= p_at), 0)::bigint),
    'debt', boon.credits(coalesce((
      SELECT sum(CASE d.kind WHEN 'incurred' THEN d.amount WHEN 'returned' THEN 0 ELSE -d.amount END) FROM boon.debt_movements d
      WHERE d.account_id = p_account AND d.effective_at <= p_at), 0)::bigint),
    'lots', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', l.id::text, 'source', l.source, 'granted', boon.credits(l.granted),
        'remaining', boon.credits(l.remaining), 'granted_at', l.granted_at, 'expires_at', l.expires_at, 'giftable', l.giftable, 'products', l.products)
        ORDER BY l.expires_at NULLS LAST, l.source, l.granted_at, l.id)
      FROM lot l), '[]'::jsonb))
  FROM boon.ledger_accounts a WHERE a.id = p_account
$$;

CREATE FUNCTION boon.allowance(p_count bigint, p_amount bigint, p_used_count bigint, p_used_amount bigint, p_resets_at timestamptz)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'limit', jsonb_build_object('count', p_count, 'amount', boon.credits(p_amount)),
    'used', jsonb_build_object('count', p_used_count, 'amount', boon.credits(p_used_amount)),
    'remaining', jsonb_build_object('count', greatest(p_count - p_used_count, 0), 'amount', boon.credits(greatest(p_amount - p_used_amount, 0))),
    'resets_at', p_resets_at)
$$;

-- May this account give, how much, and if not, why. The limits are asked by the rule that acceptance asks.
CREATE FUNCTION boon.gifting(p_policy text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  p boon.policies;
  a boon.accounts;
  used boon.gift_usage;
  today date := (p_at AT TIME ZONE 'UTC')::date;
  this_month date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
  usable bigint;
  giftable bigint;
  reached text;
  reasons jsonb := '[]';
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  SELECT * INTO a FROM boon.accounts WHERE id = p_account;
  IF a.id IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO used FROM boon.gift_usage WHERE account_id = p_account;
  IF used.account_id IS NULL THEN used := (p_account, today, 0, 0, this_month, 0, 0, 0, 0); END IF;
  IF used.day < today THEN used.day := today; used.day_count := 0; used.day_amount := 0; END IF;
  IF used.month < this_month THEN
    used.month := this_month; used.month_count := 0; used.month_amount := 0; used.promotional_count := 0; used.promotional_amount := 0;
  END IF;
  SELECT coalesce(sum(l.remaining), 0), coalesce(sum(l.remaining) FILTER (WHERE l.giftable), 0) INTO usable, giftable FROM boon.lots l
    WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at);
  IF a.status <> 'active' THEN
    reasons := reasons || jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
  END IF;
  IF p.identity_required AND (a.identity_verified_at IS NULL OR a.identity_verified_at > p_at) THEN
    reasons := reasons || jsonb_build_object('code', 'identity_unverified', 'detail', 'The identity is not verified.');
  END IF;
  IF a.created_at + p.min_account_age > p_at THEN
    reasons := reasons || jsonb_build_object('code', 'gift_denied', 'reason_code', 'account_too_new',
      'detail', format('The account may give from %s.', boon.instant_text(a.created_at + p.min_account_age)));
  END IF;
  reached := boon.limit_reached(p, used, p_account, p.min_amount);
  IF reached IS NOT NULL THEN
    reasons := reasons || jsonb_build_object('code', 'gift_limit_exceeded', 'reason_code', reached, 'detail', boon.limit_detail(p, used, reached));
  END IF;
  IF giftable < p.min_amount THEN
    reasons := reasons || jsonb_build_object('code', CASE WHEN usable < p.min_amount THEN 'insufficient_credits' ELSE 'not_giftable' END,
      'detail', format('%s credits may be given away; the least one gift may be is %s.', boon.credits(giftable), boon.credits(p.min_amount)));
  END IF;
  RETURN jsonb_build_object(
    'account_id', p_account, 'eligible', reasons = '[]'::jsonb, 'reasons', reasons, 'giftable', boon.credits(giftable),
    'min', boon.credits(p.min_amount), 'max', boon.credits(p.max_amount),
    'per_day', boon.allowance(p.day_count, p.day_amount, used.day_count, used.day_amount, (used.day + 1)::timestamp AT TIME ZONE 'UTC'),
    'per_month', boon.allowance(p.month_count, p.month_amount, used.month_count, used.month_amount, (used.month + interval '1 month') AT TIME ZONE 'UTC'),
    'promotional', boon.allowance(p.promotional_count, p.promotional_amount, used.promotional_count, used.promotional_amount,
                                  (used.month + interval '1 month') AT TIME ZONE 'UTC'),
    'policy_version', p_policy);
END $$;
