-- Puts a slice of a posting into the lot that it came out of, good until p_until. A lot that has no room for it, or has other
-- credits whose time is not changed, is left alone: the slice becomes a lot of its own with the terms of the old. Returns the lot.
-- The caller writes the entry.
CREATE FUNCTION boon_code.put_into_lot(p_lot bigint, p_amount bigint, p_until timestamptz, p_transfer bigint, p_slice int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  l boon.lots;
  made bigint;
BEGIN
  SELECT * INTO STRICT l FROM boon.lots x WHERE x.id = p_lot;
  IF l.remaining + p_amount <= l.granted AND p_until IS NOT DISTINCT FROM l.expires_at THEN
    UPDATE boon.lots x SET remaining = x.remaining + p_amount WHERE x.id = p_lot;
    RETURN p_lot;
  ELSIF p_amount <= l.granted AND l.remaining = 0 AND l.first_expires_at IS NULL THEN
    UPDATE boon.lots x SET remaining = p_amount, expires_at = p_until, first_expires_at = x.expires_at WHERE x.id = p_lot;
    RETURN p_lot;
  END IF;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, products, continues, first_expires_at)
    VALUES (l.account_id, l.source, p_amount, p_amount, l.granted_at, p_until, l.giftable, p_transfer, p_slice, l.products, l.id,
      CASE WHEN p_until IS DISTINCT FROM l.expires_at THEN coalesce(l.first_expires_at, l.expires_at) ELSE l.first_expires_at END)
    RETURNING id INTO made;
  RETURN made;
END $$;
