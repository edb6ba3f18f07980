CREATE FUNCTION boon_code.take_for_purchase(p boon.purchases, p_lot bigint, p_amount bigint, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.takings (transfer, account_id, lot_id, amount, purchase_id)
  SELECT boon_code.take_from_lot(p_lot, p_amount, 'refund', 'refunded', p.id, p_at), p.account_id, p_lot, p_amount, p.id
$$;
