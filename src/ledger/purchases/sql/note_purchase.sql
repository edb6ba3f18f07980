CREATE FUNCTION boon_code.note_purchase(p boon.purchases, p_kind boon.purchase_movement, p_amount bigint, p_event text, p_at timestamptz)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.purchase_movements (purchase_id, kind, amount, event, effective_at) VALUES (p.id, p_kind, p_amount, p_event, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('purchase.' || p_kind, p.id, ARRAY[p.account_id], boon_code.purchase_view(p) - 'checkout', p_at);
$$;
