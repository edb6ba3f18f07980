CREATE FUNCTION boon_code.emit_gift_event(g boon.gifts, p_type text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, g.id, array_remove(ARRAY[g.sender_id, g.recipient_id], NULL), boon_code.gift_view(g), p_at)
$$;
