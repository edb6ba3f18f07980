-- Whether a reset that has expired was to be redeemed just before, and is not yet: it was there, the account was active and
-- had this switched on, and something was used that its plan limits.
CREATE FUNCTION boon_code.was_to_be_redeemed(r boon.resets, p_policy text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM boon.plan_rules l
    CROSS JOIN (VALUES ('five_hour'::boon.window_kind), ('weekly')) k (kind)
    CROSS JOIN LATERAL boon_code.window_at((r).account_id, k.kind, boon_code.last_moment_of(r)) w
    WHERE l.version = p_policy AND l.plan = boon_code.redeeming_plan_at((r).account_id, boon_code.last_moment_of(r)) AND w.used > 0
      AND CASE k.kind WHEN 'weekly' THEN l.weekly ELSE l.five_hour END IS NOT NULL)
    AND (r).granted_at <= boon_code.last_moment_of(r)
$$;
