-- Credits out of an account's lot to boon:issuance. The caller has locked the account.
CREATE FUNCTION boon_code.take_from_lot(p_lot bigint, p_amount bigint, p_transfer boon.transfer_kind, p_entry boon.entry_kind, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  owner text;
  posted record;
BEGIN
  UPDATE boon.lots l SET remaining = l.remaining - p_amount WHERE l.id = p_lot RETURNING l.account_id INTO STRICT owner;
  posted := boon_code.post(p_transfer, owner, 'boon:issuance', -p_amount, p_reference, p_at);
  INSERT INTO boon.entries VALUES (posted.transfer, 1, owner, p_lot, p_entry, -p_amount, posted.balance, p_reference, p_at);
  RETURN posted.transfer;
END $$;
