-- Remembers the provider's draft of an invoice, before anything else is done there; the first stays. Answers its id.
CREATE FUNCTION boon_code.note_invoice_draft(p_id text, p_provider_id text, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET provider_id = p_provider_id WHERE x.id = p_id AND x.provider_id IS NULL RETURNING * INTO v;
  IF FOUND THEN PERFORM boon_code.note_invoice(v, 'drafted', 'boon', p_provider_id, p_at); END IF;
  RETURN (SELECT x.provider_id FROM boon.invoices x WHERE x.id = p_id);
END $$;
