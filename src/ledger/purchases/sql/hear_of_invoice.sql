-- The provider's word that an invoice is paid: {invoice_id, provider_id, amount, currency, tax?, live?, key_live?, by_hand?, event, at}
-- and the key of the write with its hash. By hand: somebody marked it as paid there. Answers 'paid', 'known', 'case' or null: none of ours.
CREATE FUNCTION boon_code.hear_of_invoice(m jsonb, p_hash text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v boon.invoices;
  c boon.payment_cases;
  fault boon.case_reason;
  paid jsonb;
BEGIN
  SELECT * INTO v FROM boon.invoices x WHERE x.id = m ->> 'invoice_id' FOR UPDATE;
  IF v.id IS NULL THEN RETURN NULL; END IF;
  fault := CASE WHEN m ->> 'provider_id' IS DISTINCT FROM v.provider_id THEN 'wrong_invoice' END;
  IF fault IS NULL THEN
    -- One that is credited in whole counts as paid there. One that is paid was so by this word before, or by hand, here or there.
    IF v.status = 'credited' OR (v.status = 'paid' AND (coalesce((m ->> 'by_hand')::boolean, false) OR EXISTS (
      SELECT FROM boon.invoice_movements x WHERE x.invoice_id = v.id AND x.kind = 'paid' AND x.said_by = 'stripe'))) THEN
      RETURN 'known';
    END IF;
    fault := CASE v.status WHEN 'void' THEN 'void'::boon.case_reason WHEN 'paid' THEN 'paid_twice'
      ELSE boon_code.money_fault(CASE WHEN (m ->> 'by_hand')::boolean THEN m || jsonb_build_object('amount', v.amount - v.credited_amount, 'tax', NULL) ELSE m END,
        v.amount - v.credited_amount, v.currency) END;
    IF fault = 'void' THEN PERFORM boon_code.note_invoice_disagreement(v.id, format('%s: paid, and void here', m ->> 'event'), (m ->> 'at')::timestamptz); END IF;
  END IF;
  IF fault IS NULL THEN
    SELECT x.result INTO paid FROM boon_code.pay_invoices(json_build_array(json_build_object('i', 0, 'key', 'stripe:' || (m ->> 'event'), 'input_hash', p_hash,
      'at', m ->> 'at', 'id', v.id, 'said_by', 'stripe', 'reference', m ->> 'event'))) x;
    RETURN CASE WHEN paid ? 'invoice' THEN 'paid' ELSE 'known' END;
  END IF;
  -- A provider's invoice is paid once.
  c.key := format('invoice/%s/%s', v.id, coalesce(m ->> 'provider_id', m ->> 'event'));
  c.status := 'open'; c.subject := 'invoice'; c.subject_id := v.id; c.account_id := v.org_id; c.reason := fault;
  c.said := m; c.opened_at := (m ->> 'at')::timestamptz;
  c.wanted := boon_code.coins(v.amount - v.credited_amount, v.currency);
  PERFORM boon_code.open_payment_case(c);
  RETURN 'case';
END $$;
