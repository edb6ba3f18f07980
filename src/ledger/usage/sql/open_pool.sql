-- What an organisation may pay for a use of its member: its bill, and its purse as this member's. Beside it, what each of its
-- members in this call has spent. `p_late_since` is null where no use of the call is told late, `p_moment` where this one
-- is not. The caller has locked them.
CREATE FUNCTION boon_code.open_pool(p_requests boon_code.use_request[], p_org text, p_member text, p_member_limit bigint, p_at timestamptz,
  p_moment timestamptz, p_late_since timestamptz, OUT bill boon_code.bill, OUT purse boon_code.purse, OUT members text[], OUT members_spent bigint[])
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_late_since IS NULL THEN
    bill := boon_code.open_bill(p_org, p_at);
    SELECT * INTO purse FROM boon_code.open_purse(p_org, p_member, p_member_limit, p_at, bill.month);
  ELSE
    bill := boon_code.open_bill_as_of(p_org, p_at, p_moment);
    SELECT * INTO purse FROM boon_code.open_purse(p_org, p_member, p_member_limit, p_at, bill.month, p_moment, p_late_since);
  END IF;
  SELECT array_agg(m.id), array_agg(d.spent) INTO members, members_spent
    FROM (SELECT DISTINCT q.account_id AS id FROM unnest(p_requests) q WHERE q.pool_id = p_org) m
    CROSS JOIN LATERAL boon_code.member_spent(p_org, m.id, purse.month, bill.month) d;
END $$;
