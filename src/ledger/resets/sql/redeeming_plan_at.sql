-- What an account was at a moment, as far as automatic redemption asks: its plan, or null unless it was active with automatic redemption on.
CREATE FUNCTION boon_code.redeeming_plan_at(p_account text, p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN h.account_id IS NULL THEN CASE WHEN a.status = 'active' AND a.auto_redeem THEN a.plan END
              WHEN h.status = 'active' AND coalesce(h.auto_redeem, a.auto_redeem) AND a.status <> 'closed' THEN h.plan END
  FROM boon.accounts a CROSS JOIN LATERAL boon_code.account_at(a.id, p_at) h WHERE a.id = p_account
$$;
