-- Brings a ledger that is in use already in line with the rules of 055 to 058, as of the last that was heard of each purchase:
-- value of refunded purchases that waits in open gifts or came back to the bank is taken, and a part of a reset takes the whole.
DO $$
DECLARE
  p boon.purchases;
  said timestamptz;
  reached record;
  done int;
BEGIN
  FOR p IN SELECT * FROM boon.purchases x WHERE x.paid_at IS NOT NULL AND boon.money_back(x) > 0 ORDER BY x.id LOOP
    SELECT max(m.at) INTO said FROM (
      SELECT x.effective_at AS at FROM boon.purchase_movements x WHERE x.purchase_id = p.id
      UNION ALL SELECT x.effective_at FROM boon.refunds r JOIN boon.refund_movements x ON x.refund_id = r.id WHERE r.purchase_id = p.id
      UNION ALL SELECT g.accepted_at FROM boon.gifts g WHERE g.id IN (SELECT boon.gifts_that_rest_on(ARRAY[p.id], '{}'))) m;
    PERFORM boon.lock_for_refund(p.account_id, p.id);
    SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id FOR UPDATE;
    IF p.resets > 0 AND p.resets_kept > 0 THEN
      done := boon.reach_resets(p.account_id, 'purchase', p.id, p.resets_kept, said);
      UPDATE boon.purchases x SET resets_kept = x.resets_kept - done, resets_taken = x.resets_taken + done WHERE x.id = p.id RETURNING * INTO p;
    ELSIF p.owed > 0 THEN
      reached := boon.reach_credits(p.account_id, p.lot_id, p.owed, p, NULL, said);
      UPDATE boon.purchases x SET owed = x.owed - reached.taken, taken = x.taken + reached.taken WHERE x.id = p.id;
      PERFORM boon.credits_came(p.account_id, reached.returned || CASE WHEN reached.taken > 0 THEN boon.owe_less(p, reached.taken, said) ELSE '{}' END, p.id, said);
      SELECT * INTO STRICT p FROM boon.purchases x WHERE x.id = p.id;
    END IF;
    PERFORM boon.settle_purchase(p, said);
  END LOOP;
END $$;
