-- Refunds and disputes of the payment of a case are followed for themselves: what they say has gone back of it.
CREATE FUNCTION boon_code.case_view(c boon.payment_cases) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', c.id, 'status', c.status, 'account_id', c.account_id,
    'purchase_id', CASE c.subject WHEN 'purchase' THEN c.subject_id END, 'invoice_id', CASE c.subject WHEN 'invoice' THEN c.subject_id END,
    'reason_code', c.reason, 'payment_id', c.payment_id, 'checkout_id', c.said ->> 'checkout_id', 'event', c.said ->> 'event',
    'paid', boon_code.coins((c.said ->> 'amount')::bigint, lower(c.said ->> 'currency')), 'live', (c.said ->> 'live')::boolean, 'price', c.wanted,
    'refunded', boon_code.coins(greatest((SELECT sum(r.amount) FROM boon.provider_refunds r WHERE r.payment_id = c.payment_id AND r.status <> 'failed'),
      (SELECT max(t.total) FROM boon.provider_totals t WHERE t.payment_id = c.payment_id
         AND NOT EXISTS (SELECT FROM boon.provider_refunds r WHERE r.payment_id = c.payment_id)), 0)::bigint, w.currency),
    'disputed', boon_code.coins(coalesce((SELECT sum(d.amount) FROM boon.disputes d WHERE d.payment_id = c.payment_id AND d.status <> 'won'), 0)::bigint, w.currency),
    'opened_at', c.opened_at, 'closed_at', c.closed_at, 'closed_by', c.closed_by, 'close_reason', c.close_reason)
  FROM (SELECT lower(coalesce(c.said ->> 'currency', c.wanted ->> 'currency')) AS currency) w
$$;
