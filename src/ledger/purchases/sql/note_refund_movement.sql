CREATE FUNCTION boon_code.note_refund_movement(f boon.refunds, p_kind boon.refund_movement, p_event text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.refund_movements (refund_id, kind, amount, event, effective_at) VALUES (f.id, p_kind, f.amount, p_event, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'refund.' || p_kind, f.id, ARRAY[p.account_id], boon_code.refund_view(f), p_at FROM boon.purchases p WHERE p.id = f.purchase_id;
$$;
