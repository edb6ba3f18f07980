-- Credits as a reward: a new lot of source `earned`, out of boon:issuance. The caller has locked the account.
CREATE FUNCTION boon_code.grant_earned(p_account text, p_amount bigint, p_expires_at timestamptz, p_reference text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  lot boon.lots := boon_code.post_lot('grant', 'grant', p_account, p_amount, 'earned', p_expires_at, false, NULL, p_reference, p_at);
BEGIN
  PERFORM boon_code.credits_came(p_account, ARRAY[(lot.id, p_amount)::boon_code.slice], p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('credits.granted', lot.id::text, ARRAY[p_account], boon_code.lot_view(lot) || jsonb_build_object('reason', p_reference), p_at);
  RETURN lot.id;
END $$;
