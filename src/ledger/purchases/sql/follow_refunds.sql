-- Brings a purchase in line with what is known of refunds made elsewhere. The caller has locked it and its account. Returns it.
CREATE FUNCTION boon_code.follow_refunds(p boon.purchases, p_event text, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  was bigint := p.elsewhere;
  back bigint := boon_code.refunded_elsewhere(p);
BEGIN
  IF back = was THEN RETURN p; END IF;
  UPDATE boon.purchases x SET elsewhere = back, refunded = greatest(x.refunded, back) WHERE x.id = p.id RETURNING * INTO p;
  p := boon_code.settle_purchase(p, p_at);
  PERFORM boon_code.note_purchase(p, CASE WHEN p.elsewhere > was THEN 'refunded' ELSE 'refund_failed' END::boon.purchase_movement,
    boon_code.money_refunded(p), p_event, p_at);
  IF p.elsewhere > was THEN PERFORM boon_code.heed_top_up(p, 'refunded', p_at); END IF;
  RETURN p;
END $$;
