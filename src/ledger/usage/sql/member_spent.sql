-- What a member took of its organisation's pool in a billing month, and was invoiced for in the month of p_billed: another
-- one where the billing day has moved, or a month is closed.
CREATE FUNCTION boon_code.member_spent(p_org text, p_member text, p_month date, p_billed date) RETURNS TABLE (spent bigint) LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT coalesce((SELECT s.spent FROM boon.spending s WHERE s.payer_id = p_org AND s.spender_id = p_member AND s.month = p_month), 0)
    + coalesce((SELECT b.charged FROM boon.billed_members b
        WHERE b.org_id = p_org AND b.member_id = p_member AND b.month = coalesce(p_billed, p_month)), 0)
$$;
