-- Notes what happened to the mail, once.
CREATE FUNCTION boon_code.note_invoice_notice(p_id text, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
BEGIN
  UPDATE boon.invoices x SET notice = p_outcome WHERE x.id = p_id AND x.notice IS NULL RETURNING * INTO v;
  IF FOUND THEN PERFORM boon_code.note_invoice(v, 'notified', 'boon', p_outcome, p_at); END IF;
END $$;
