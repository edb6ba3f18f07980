CREATE FUNCTION boon_code.correction_view(c boon.invoice_corrections) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', c.id, 'invoice_id', c.invoice_id, 'kind', c.kind, 'credits', boon_code.credits(c.credits),
    'total', boon_code.coins(c.amount, v.currency), 'reason', c.reason, 'at', c.effective_at)
  FROM boon.invoices v WHERE v.id = c.invoice_id
$$;
