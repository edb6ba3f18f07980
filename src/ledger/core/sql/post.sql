-- Posts one transfer between an account and one of the ledger's own (`boon:…`): above zero the amount comes into the
-- account, below zero it goes out of it. Answers the transfer's number and the account's balance after it; null where both are
-- the ledger's own. The caller has locked the account, and writes the entry of the lot. What writes many transfers at once
-- does so in a statement of its own (ADR 0006).
CREATE FUNCTION boon_code.post(p_kind boon.transfer_kind, p_account text, p_other text, p_amount bigint, p_reference text, p_at timestamptz,
  OUT transfer bigint, OUT balance bigint) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + greatest(p_amount, 0), debits_posted = a.debits_posted + greatest(-p_amount, 0)
    WHERE a.id = p_account RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO balance;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', p_kind, CASE WHEN p_amount < 0 THEN p_account ELSE p_other END, CASE WHEN p_amount < 0 THEN p_other ELSE p_account END,
      abs(p_amount), p_reference, p_at) RETURNING seq INTO transfer;
END $$;
