-- What has expired unspent of a lot and those that go on from it.
CREATE FUNCTION boon_code.expired_of(p_lot bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(-sum(e.amount), 0)::bigint FROM boon.entries e
  WHERE e.kind = 'expired' AND e.account_id = (SELECT l.account_id FROM boon.lots l WHERE l.id = p_lot) AND e.lot_id IN (SELECT boon_code.lot_family(p_lot))
$$;
