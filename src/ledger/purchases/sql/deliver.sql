-- Gives what was bought; of credits the account's debt is paid first. The caller has locked account and purchase.
CREATE FUNCTION boon_code.deliver(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  valid_for interval := (SELECT x.credits_valid_for FROM boon.purchase_rules x WHERE x.version = p.policy_version);
  available bigint;
  moved bigint;
BEGIN
  IF p.resets > 0 THEN
    PERFORM boon_code.bank_resets(p.policy_version, p.account_id, p.resets, 'purchase', p.package, p.id, p_at);
    RETURN p;
  END IF;
  UPDATE boon.ledger_accounts a SET credits_posted = a.credits_posted + p.credits WHERE a.id = p.account_id
    RETURNING a.credits_posted - a.debits_posted - a.debits_pending INTO STRICT available;
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
    VALUES ('posted', 'purchase', 'boon:issuance', p.account_id, p.credits, p.id, p_at) RETURNING seq INTO moved;
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice)
    VALUES (p.account_id, 'purchased', p.credits, p.credits, p_at, p_at + valid_for, true, moved, 1) RETURNING id INTO p.lot_id;
  INSERT INTO boon.entries VALUES (moved, 1, p.account_id, p.lot_id, 'purchased', p.credits, available, p.id, p_at);
  UPDATE boon.purchases x SET lot_id = p.lot_id WHERE x.id = p.id;
  PERFORM boon_code.credits_came(p.account_id, ARRAY[(p.lot_id, p.credits)::boon_code.slice], p.id, p_at);
  RETURN p;
END $$;
