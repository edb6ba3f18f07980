-- Notes where the provider has other than the ledger, once in the same words.
CREATE FUNCTION boon_code.note_invoice_disagreement(p_id text, p_what text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  SELECT * INTO STRICT v FROM boon.invoices x WHERE x.id = p_id FOR UPDATE;
  IF EXISTS (SELECT FROM boon.invoice_movements x WHERE x.invoice_id = p_id AND x.kind = 'provider_disagreed' AND x.reference = p_what) THEN RETURN; END IF;
  PERFORM boon_code.note_invoice(v, 'provider_disagreed', 'boon', p_what, p_at);
END $$;
