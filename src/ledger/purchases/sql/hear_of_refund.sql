-- What is said of a refund, by the provider's messages and by the process of one that Boon was asked for: {refund_id?, provider_id?,
-- payment_id?, purchase_id?, amount?, status, reason_code?, event?, made_at?, said_at?, at}. A state, not a step: pending, then
-- succeeded, then failed (a bank may send the money back), and never the other way. One that Boon was asked for is known by
-- `refund_id`, unless an object of the provider (which has an amount) has another id there: then that is another refund, of what its
-- payment paid. That none could be made (failed, without an id) is not believed of one that the provider
-- has. Returns the purchase, the refund that Boon was asked for or null, and whether anything changed; null when it is about none of ours.
CREATE FUNCTION boon_code.hear_of_refund(m jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  f boon.refunds;
  p boon.purchases;
  was bigint;
  said boon.refund_status := (m ->> 'status')::boon.refund_status;
  heard timestamptz := (m ->> 'at')::timestamptz;
  provider text := m ->> 'provider_id';
  changed boolean := false;
BEGIN
  SELECT * INTO f FROM boon.refunds x WHERE x.id = m ->> 'refund_id';
  p.id := coalesce(CASE WHEN f.provider_id = provider OR f.provider_id IS NULL OR NOT m ? 'amount' THEN f.purchase_id END,
    (SELECT r.purchase_id FROM boon.provider_refunds r WHERE r.id = provider),
    boon_code.purchase_of_payment(m ->> 'payment_id', m ->> 'purchase_id'), f.purchase_id);
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p.id;
  IF p.id IS NULL THEN RETURN NULL; END IF;
  PERFORM boon_code.lock_for_refund(p.account_id, p.id);
  SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;
  SELECT * INTO f FROM boon.refunds x WHERE x.id = f.id FOR UPDATE;
  IF f.purchase_id = p.id AND (provider IS NULL OR NOT m ? 'amount' OR f.provider_id = provider OR (f.provider_id IS NULL AND f.status = 'pending')) THEN
    changed := (said > f.status AND (provider IS NOT NULL OR f.provider_id IS NULL))
      OR (f.status = 'pending' AND f.provider_id IS NULL AND provider IS NOT NULL);
    IF provider IS NOT NULL AND (changed OR f.provider_id IS NOT NULL) THEN
      PERFORM boon_code.note_provider_refund(p.id, f.id, f.amount, m || jsonb_build_object('provider_id', coalesce(f.provider_id, provider)));
    END IF;
    IF changed THEN
      UPDATE boon.refunds x SET status = said, provider_id = coalesce(x.provider_id, provider),
        ended_at = CASE WHEN said <> 'pending' THEN heard END, reason_code = CASE WHEN said = 'failed' THEN coalesce(m ->> 'reason_code', 'refund_failed') END
        WHERE x.id = f.id RETURNING * INTO f;
      p := boon_code.settle_purchase(p, heard);
      PERFORM boon_code.note_refund_movement(f, CASE said WHEN 'pending' THEN 'made' ELSE said::text END::boon.refund_movement, m ->> 'event', heard);
    END IF;
  ELSIF provider IS NOT NULL AND m ? 'amount' THEN
    f := NULL;
    PERFORM boon_code.note_provider_refund(p.id, NULL, (m ->> 'amount')::bigint, m);
  END IF;
  was := p.elsewhere;
  p := boon_code.follow_refunds(p, m ->> 'event', heard);
  RETURN jsonb_build_object('refund', CASE WHEN f.id IS NOT NULL THEN boon_code.refund_view(f) END, 'purchase', boon_code.with_payment(boon_code.purchase_view(p)),
    'changed', changed OR p.elsewhere <> was);
END $$;
