-- Closes a billing month that is over and writes its invoice; one that is closed keeps its own. Answers {invoice} or
-- {code, detail}. Whatever is told of the month afterwards counts in the next.
CREATE FUNCTION boon_code.close_billing_month(p_org text, p_month date, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  m boon.billing_months;
  v boon.invoices;
BEGIN
  -- Uses that charge the organisation hold this lock too: none is between two months.
  PERFORM FROM boon.ledger_accounts a WHERE a.id = p_org FOR UPDATE;
  SELECT * INTO v FROM boon.invoices x WHERE x.org_id = p_org AND x.month = p_month;
  IF FOUND THEN RETURN jsonb_build_object('invoice', boon_code.invoice_view(v)); END IF;
  SELECT * INTO m FROM boon.billing_months x WHERE x.org_id = p_org AND x.month = p_month;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('code', 'not_found', 'detail', format('Nothing was charged to "%s" in the month that began on %s.', p_org, p_month));
  ELSIF p_at < m.ends_at THEN
    RETURN jsonb_build_object('code', 'validation_failed', 'detail', format('The billing month has not ended; it does at %s.', m.ends_at));
  END IF;
  UPDATE boon.billing_months x SET closed_at = p_at WHERE x.org_id = p_org AND x.month = p_month;
  INSERT INTO boon.invoices (id, org_id, month, status, credits, amount, currency, policy_version, issued_at, due_at)
    SELECT 'inv_' || left(encode(sha256(convert_to(p_org || '/' || p_month, 'UTF8')), 'hex'), 24), p_org, p_month, 'open', m.charged,
      boon_code.invoice_price(m.charged, r.hundred_credits), r.currency, m.policy_version, p_at, p_at + r.due_within
    FROM boon.invoice_rules r WHERE r.version = m.policy_version RETURNING * INTO STRICT v;
  -- Each line's price is what it adds to the running sum, rounded up: so the lines add up to the whole.
  INSERT INTO boon.invoice_lines
    SELECT v.id, l.line, l.member_id, l.product, l.model, l.uses, l.units, l.credits,
      boon_code.invoice_price(l.so_far, r.hundred_credits) - boon_code.invoice_price(l.so_far - l.credits, r.hundred_credits)
    FROM (SELECT g.*, row_number() OVER w AS line, sum(g.credits) OVER w AS so_far
          FROM (SELECT c.member_id, c.product, c.model, count(*) AS uses, sum(c.units) AS units, sum(c.amount) AS credits
                FROM boon.charges c WHERE c.org_id = p_org AND c.month = p_month GROUP BY c.member_id, c.product, c.model) g
          WINDOW w AS (ORDER BY g.member_id, g.product, g.model)) l
    JOIN boon.invoice_rules r ON r.version = v.policy_version;
  PERFORM boon_code.note_invoice(v, 'issued', 'boon', NULL, p_at);
  RETURN jsonb_build_object('invoice', boon_code.invoice_view(v));
END $$;
