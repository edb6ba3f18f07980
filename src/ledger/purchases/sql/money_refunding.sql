CREATE FUNCTION boon_code.money_refunding(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(r.amount) FROM boon.refunds r WHERE r.purchase_id = p.id AND r.status = 'pending'), 0)::bigint
$$;
