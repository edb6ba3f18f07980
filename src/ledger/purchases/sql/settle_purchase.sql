-- Brings what the account has of a paid purchase in line with the money that has gone back. The caller has locked the purchase,
-- and before it by boon.lock_for_refund the account and the open gifts that hold some of it.
CREATE FUNCTION boon_code.settle_purchase(p boon.purchases, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  back bigint := boon_code.money_back(p);
  settled record;
BEGIN
  IF p.paid_at IS NULL THEN RETURN p; END IF;
  IF p.resets > 0 THEN
    p := boon_code.settle_resets(p, boon_code.share_of_resets(p.resets, p.paid, back), p_at);
  ELSE
    settled := boon_code.settle_credits(p, boon_code.share(p.credits, p.paid, back), p_at);
    p := settled.p;
  END IF;
  p.status := CASE WHEN boon_code.money_refunded(p) + boon_code.money_disputed(p) >= p.paid THEN 'refunded' ELSE 'paid' END;
  UPDATE boon.purchases x SET status = p.status, taken = p.taken, owed = p.owed, let_go = p.let_go,
    resets_taken = p.resets_taken, resets_kept = p.resets_kept WHERE x.id = p.id;
  IF p.credits > 0 THEN
    PERFORM boon_code.credits_came(p.account_id, settled.slices, p.id, p_at);
    SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id;
  END IF;
  RETURN p;
END $$;
