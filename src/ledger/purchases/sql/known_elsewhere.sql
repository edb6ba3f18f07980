-- What refunds that were made elsewhere, and are known by their ids, have given back of a purchase; with a moment, only those that
-- were made until then.
CREATE FUNCTION boon_code.known_elsewhere(p boon.purchases, p_until timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(r.amount), 0)::bigint FROM boon.provider_refunds r
  WHERE r.purchase_id = p.id AND r.refund_id IS NULL AND r.status <> 'failed' AND boon_code.is_of_payment(p, r.payment_id)
    AND (p_until IS NULL OR coalesce(r.made_at, r.first_heard) <= p_until)
$$;
