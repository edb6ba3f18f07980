-- Gives what was bought; of credits the account's debt is paid first. The caller has locked account and purchase.
CREATE FUNCTION boon_code.deliver(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  valid_for interval := (SELECT x.credits_valid_for FROM boon.purchase_rules x WHERE x.version = p.policy_version);
BEGIN
  IF p.resets > 0 THEN
    PERFORM boon_code.bank_resets(p.policy_version, p.account_id, p.resets, 'purchase', p.package, p.id, p_at);
    RETURN p;
  END IF;
  p.lot_id := (boon_code.post_lot('purchase', 'purchased', p.account_id, p.credits, 'purchased', p_at + valid_for, true, NULL, p.id, p_at)).id;
  UPDATE boon.purchases x SET lot_id = p.lot_id WHERE x.id = p.id;
  PERFORM boon_code.credits_came(p.account_id, ARRAY[(p.lot_id, p.credits)::boon_code.slice], p.id, p_at);
  RETURN p;
END $$;
