-- Notes that the provider collects the money of its draft, once.
CREATE FUNCTION boon_code.note_invoice_sent(p_id text, p_url text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET provider_since = p_at, provider_url = p_url WHERE x.id = p_id AND x.provider_id IS NOT NULL AND x.provider_since IS NULL
    RETURNING * INTO v;
  IF FOUND THEN PERFORM boon_code.note_invoice(v, 'sent_to_provider', 'boon', v.provider_id, p_at); END IF;
END $$;
