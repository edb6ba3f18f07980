-- Takes in the sum that a charge tells: {amount, payment_id?, said_at?, lowers?, at}. Of two sums the later by the provider's clock
-- stands; of the same second the one that was changed, then of changed ones the lower and of refunded ones the higher.
CREATE FUNCTION boon_code.note_provider_total(p boon.purchases, m jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.provider_totals AS t
    SELECT p.id, m ->> 'payment_id', (m ->> 'amount')::bigint, (m ->> 'said_at')::timestamptz, coalesce((m ->> 'lowers')::boolean, false),
      ARRAY(SELECT r.id FROM boon.refunds r WHERE r.purchase_id = p.id), (m ->> 'at')::timestamptz
  ON CONFLICT (purchase_id, payment_id) DO UPDATE
    SET total = excluded.total, said_at = excluded.said_at, lowers = excluded.lowers, own = excluded.own, heard_at = excluded.heard_at
    WHERE (coalesce(t.said_at, '-infinity'), t.lowers, CASE WHEN t.lowers THEN -t.total ELSE t.total END)
      < (coalesce(excluded.said_at, '-infinity'), excluded.lowers, CASE WHEN excluded.lowers THEN -excluded.total ELSE excluded.total END)
$$;
