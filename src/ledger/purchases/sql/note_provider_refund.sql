-- Takes in what is said of a refund that the provider has: {provider_id, payment_id?, status, amount?, made_at?, said_at?, at}. Each
-- field follows from all that was heard, whatever the order.
CREATE FUNCTION boon_code.note_provider_refund(p_purchase text, p_refund text, p_amount bigint, m jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.provider_refunds AS r
    SELECT m ->> 'provider_id', m ->> 'payment_id', p_purchase, p_refund, p_amount, s.status, (m ->> 'made_at')::timestamptz,
      CASE WHEN s.status <> 'failed' THEN (m ->> 'said_at')::timestamptz END, CASE WHEN s.status = 'failed' THEN (m ->> 'said_at')::timestamptz END,
      (m ->> 'at')::timestamptz, (m ->> 'at')::timestamptz
    FROM (SELECT (m ->> 'status')::boon.refund_status AS status) s
  ON CONFLICT (id) DO UPDATE SET status = greatest(r.status, excluded.status), payment_id = coalesce(r.payment_id, excluded.payment_id),
    amount = greatest(r.amount, excluded.amount), made_at = least(r.made_at, excluded.made_at), live_at = greatest(r.live_at, excluded.live_at),
    failed_at = least(r.failed_at, excluded.failed_at), last_heard = greatest(r.last_heard, excluded.last_heard)
$$;
