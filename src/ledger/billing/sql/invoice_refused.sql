-- Refuses what only an open invoice can have done to it; null when it is open.
CREATE FUNCTION boon_code.invoice_refused(v boon.invoices) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('code', 'invoice_closed', 'reason_code', v.status, 'detail',
    format('The invoice is %s: nothing of it is open.', CASE v.status WHEN 'credited' THEN 'credited in whole' ELSE v.status::text END))
  WHERE v.status <> 'open'
$$;
