-- Posts credits out of boon:issuance that become a lot of their own. The caller has locked the account.
CREATE FUNCTION boon_code.post_lot(p_kind boon.transfer_kind, p_entry boon.entry_kind, p_account text, p_amount bigint, p_source boon.lot_source,
  p_expires_at timestamptz, p_giftable boolean, p_products text[], p_reference text, p_at timestamptz) RETURNS boon.lots LANGUAGE plpgsql AS $$
DECLARE
  posted record := boon_code.post(p_kind, p_account, 'boon:issuance', p_amount, p_reference, p_at);
  lot boon.lots;
BEGIN
  INSERT INTO boon.lots (account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice, products)
    VALUES (p_account, p_source, p_amount, p_amount, p_at, p_expires_at, p_giftable, posted.transfer, 1, p_products) RETURNING * INTO lot;
  INSERT INTO boon.entries VALUES (posted.transfer, 1, p_account, lot.id, p_entry, p_amount, posted.balance, p_reference, p_at);
  RETURN lot;
END $$;
