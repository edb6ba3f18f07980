-- The ceiling of a month: the organisation's, and near the most that can be invoiced that. A call charges at most 64 uses of a billion credits.
CREATE FUNCTION boon_code.bill_ceiling(p_ceiling bigint, m boon.billing_months) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN (m).charged > x.most - 64000000000000000 THEN least(p_ceiling, x.most) ELSE p_ceiling END
  FROM boon_code.most_invoiced((m).policy_version) x (most)
$$;
