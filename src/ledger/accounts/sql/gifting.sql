-- May this account give, how much, and if not, why. The limits are asked by the rule that acceptance asks.
CREATE FUNCTION boon_code.gifting(p_policy text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
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
  IF a.created_at + p.min_account_age > greatest(p_at, a.created_at) THEN
    reasons := reasons || jsonb_build_object('code', 'gift_denied', 'reason_code', 'account_too_new',
      'detail', format('The account may give from %s.', boon_code.instant_text(a.created_at + p.min_account_age)));
  END IF;
  reached := boon_code.limit_reached(p, used, p_account, p.min_amount);
  IF reached IS NOT NULL THEN
    reasons := reasons || jsonb_build_object('code', 'gift_limit_exceeded', 'reason_code', reached, 'detail', boon_code.limit_detail(p, used, reached));
  END IF;
  IF giftable < p.min_amount THEN
    reasons := reasons || jsonb_build_object('code', CASE WHEN usable < p.min_amount THEN 'insufficient_credits' ELSE 'not_giftable' END,
      'detail', format('%s credits may be given away; the least one gift may be is %s.', boon_code.credits(giftable), boon_code.credits(p.min_amount)));
  END IF;
  RETURN jsonb_build_object(
    'account_id', p_account, 'eligible', reasons = '[]'::jsonb, 'reasons', reasons, 'giftable', boon_code.credits(giftable),
    'min', boon_code.credits(p.min_amount), 'max', boon_code.credits(p.max_amount),
    'per_day', boon_code.allowance(p.day_count, p.day_amount, used.day_count, used.day_amount, (used.day + 1)::timestamp AT TIME ZONE 'UTC'),
    'per_month', boon_code.allowance(p.month_count, p.month_amount, used.month_count, used.month_amount, (used.month + interval '1 month') AT TIME ZONE 'UTC'),
    'promotional', boon_code.allowance(p.promotional_count, p.promotional_amount, used.promotional_count, used.promotional_amount,
                                  (used.month + interval '1 month') AT TIME ZONE 'UTC'),
    'policy_version', p_policy);
END $$;
