CREATE FUNCTION boon_code.note_invoice(v boon.invoices, p_kind boon.invoice_movement, p_by text, p_reference text, p_at timestamptz, p_more jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.invoice_movements (invoice_id, kind, said_by, reference, effective_at) VALUES (v.id, p_kind, p_by, p_reference, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('invoice.' || p_kind, v.id, ARRAY[v.org_id], boon_code.invoice_view(v) || p_more, p_at);
$$;
