-- Notes what happened to telling the provider of a correction, once.
CREATE FUNCTION boon_code.note_correction_told(p_id text, p_outcome boon.telling, p_reference text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  invoice text := (SELECT c.invoice_id FROM boon.invoice_corrections c WHERE c.id = p_id);
BEGIN
  PERFORM FROM boon.invoices x WHERE x.id = invoice FOR UPDATE;
  INSERT INTO boon.told_corrections (correction_id, outcome, reference, effective_at) VALUES (p_id, p_outcome, p_reference, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE boon.invoices x SET provider_behind = EXISTS (
      SELECT FROM boon.invoice_corrections c WHERE c.invoice_id = invoice AND NOT EXISTS (SELECT FROM boon.told_corrections t WHERE t.correction_id = c.id))
    WHERE x.id = invoice;
  IF p_outcome = 'refused' THEN PERFORM boon_code.note_invoice_disagreement(invoice, p_id || ': ' || p_reference, p_at); END IF;
END $$;
