-- May this account give, how much, and if not, why. It asks the rules that acceptance asks, and names all that hold.
CREATE FUNCTION boon_code.gifting(p_policy text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  p boon.policies;
  a boon.accounts;
  used boon.gift_usage;
  usable bigint;
  giftable bigint;
  reached boon_code.gift_refusal;
  reasons jsonb := '[]';
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  SELECT * INTO a FROM boon.accounts WHERE id = p_account;
  IF a.id IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO used FROM boon.gift_usage WHERE account_id = p_account;
  used := boon_code.usage_at(used, p_account, p_at);
  SELECT coalesce(sum(l.remaining), 0), coalesce(sum(l.remaining) FILTER (WHERE l.giftable), 0) INTO usable, giftable FROM boon.lots l
    WHERE l.account_id = p_account AND l.open AND (l.expires_at IS NULL OR l.expires_at > p_at);
  IF a.status <> 'active' THEN
    reasons := reasons || jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
  END IF;
  IF boon_code.is_unverified(p, a, p_at) THEN
    reasons := reasons || jsonb_build_object('code', 'identity_unverified', 'detail', 'The identity is not verified.');
  END IF;
  IF boon_code.is_too_new(p, a, p_at) THEN
    reasons := reasons || jsonb_build_object('code', 'gift_denied', 'reason_code', 'account_too_new',
      'detail', format('The account may give from %s.', boon_code.instant_text(a.created_at + p.min_account_age)));
  END IF;
  reached := boon_code.limit_refused(p, used, p_account, p.min_amount);
  IF reached.code IS NOT NULL THEN
    reasons := reasons || to_jsonb(reached);
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
