-- Gives back a part of what was taken, for the purchase p_reference. Credits of whose time less than the
-- policy's time of grace is left live on for that. Returns the lot that has them now. The caller has locked the account.
CREATE FUNCTION boon_code.give_back(k boon.takings, p_amount bigint, p_policy text, p_reference text, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  posted record;
  lot bigint;
  until timestamptz;
BEGIN
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon_code.post_expiry(ARRAY[k.lot_id], p_at);
  UPDATE boon.takings x SET given_back = x.given_back + p_amount WHERE x.seq = k.seq;
  posted := boon_code.post('restoration', k.account_id, 'boon:issuance', p_amount, p_reference, p_at);
  SELECT CASE WHEN l.expires_at IS NOT NULL THEN greatest(l.expires_at, p_at + p.returned_valid_for) END INTO STRICT until
    FROM boon.lots l, boon.policies p WHERE l.id = k.lot_id AND p.version = p_policy;
  lot := boon_code.put_into_lot(k.lot_id, p_amount, until, posted.transfer, 1);
  INSERT INTO boon.entries VALUES (posted.transfer, 1, k.account_id, lot, 'restored', p_amount, posted.balance, p_reference, p_at);
  RETURN lot;
END $$;
