-- Whether the expiry of a reset is to be posted: it was not to be redeemed just before.
CREATE FUNCTION boon_code.is_expiry_due(r boon.resets, p_policy text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT (r).status = 'available' AND (r).expires_at <= p_at AND NOT (
    EXISTS (SELECT FROM boon.accounts a WHERE a.id = (r).account_id AND (a.auto_redeem OR a.state_since > boon_code.last_moment_of(r)))
    AND boon_code.was_to_be_redeemed(r, p_policy))
$$;
