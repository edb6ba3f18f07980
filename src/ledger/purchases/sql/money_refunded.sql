-- What refunds have given back of a purchase's money, what they are about to, and what disputes hold.
CREATE FUNCTION boon_code.money_refunded(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT p.elsewhere + coalesce((SELECT sum(r.amount) FROM boon.refunds r WHERE r.purchase_id = p.id AND r.status = 'succeeded'), 0)::bigint
$$;
