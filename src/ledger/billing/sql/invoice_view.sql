CREATE FUNCTION boon_code.invoice_view(v boon.invoices) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', v.id, 'account_id', v.org_id, 'month', jsonb_build_object('starts_at', m.starts_at, 'ends_at', m.ends_at),
    'status', v.status, 'credits', boon_code.credits(v.credits), 'total', boon_code.coins(v.amount, v.currency),
    'credited', boon_code.coins(v.credited_amount, v.currency),
    'open', boon_code.coins(CASE v.status WHEN 'open' THEN v.amount - v.credited_amount ELSE 0 END, v.currency),
    'issued_at', v.issued_at, 'due_at', v.due_at, 'paid_at', v.paid_at, 'voided_at', v.voided_at, 'payment_url', v.provider_url, 'notice', v.notice,
    'provider_fault', (SELECT x.reference FROM boon.invoice_movements x WHERE x.invoice_id = v.id AND x.kind = 'provider_disagreed' ORDER BY x.seq DESC LIMIT 1))
  FROM boon.billing_months m WHERE m.org_id = v.org_id AND m.month = v.month
$$;
