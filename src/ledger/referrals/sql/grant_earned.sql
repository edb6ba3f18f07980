-- Credits as a reward: a new lot of source `earned`, out of boon:issuance. The caller has locked the account.
CREATE FUNCTION boon_code.grant_earned(p_account text, p_amount bigint, p_expires_at timestamptz, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  available bigint;
  moved bigint;
  lot boon.lots;
BEGIN
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p_amount WHERE a.id = p_account
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'grant', 'boon:issuance', p_account, p_amount, p_reference, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice)
    VALUES (p_account, 'earned', p_amount, p_amount, p_at, p_expires_at, false, moved, 1) RETURNING * INTO lot;
  INSERT INTO boon.entries VALUES (moved, 1, p_account, lot.id, 'grant', p_amount, available, p_reference, p_at);
  PERFORM boon_code.credits_came(p_account, ARRAY[(lot.id, p_amount)::boon_code.slice], p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('credits.granted', lot.id::text, ARRAY[p_account], boon_code.lot_view(lot) || jsonb_build_object('reason', p_reference), p_at);
  RETURN lot.id;
END $$;
