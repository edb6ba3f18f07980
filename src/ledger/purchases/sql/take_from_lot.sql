-- Credits out of an account's lot to boon:issuance. The caller has locked the account.
CREATE FUNCTION boon_code.take_from_lot(p_lot bigint, p_amount bigint, p_transfer boon.transfer_kind, p_entry boon.entry_kind, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  owner text;
  available bigint;
  moved bigint;
BEGIN
  UPDATE boon.lots l SET remaining = l.remaining - p_amount WHERE l.id = p_lot RETURNING l.account_id INTO STRICT owner;
  UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + p_amount WHERE a.id = owner
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', p_transfer, owner, 'boon:issuance', p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.entries VALUES (moved, 1, owner, p_lot, p_entry, -p_amount, available, p_reference, p_at);
  RETURN moved;
END $$;
