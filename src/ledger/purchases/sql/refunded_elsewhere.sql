-- What has gone back of a purchase by refunds that were made elsewhere. It follows from all that was heard, not from the order:
--  * a refund that is known by its id counts from its first message until it has failed;
--  * of the latest sum that the charge told, what no refund explains counts too: another refund, of which no message came. Explained
--    it is by those made elsewhere and by Boon's own, also by one that failed only after the sum was told;
--  * a sum that was lowered is the most that refunds told of before it can have given back;
--  * an operator's correction stands for all that was made and told until then. A refund that failed after it is taken off.
CREATE FUNCTION boon_code.refunded_elsewhere(p boon.purchases) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  c boon.refund_corrections;
  t boon.provider_totals;
  corrected bigint := 0;
  -- Refunds made elsewhere: in the sum and told before it, in the sum and told to live after it, later than the sum; failed ones in the sum.
  before bigint; confirmed bigint; later bigint; failed bigint;
  -- Boon's own that may be in the sum, and that are.
  own bigint; own_for_sure bigint;
BEGIN
  IF p.paid_at IS NULL THEN RETURN 0; END IF;
  SELECT * INTO c FROM boon.refund_corrections x WHERE x.purchase_id = p.id ORDER BY x.seq DESC LIMIT 1;
  IF c.seq IS NOT NULL THEN
    corrected := greatest(0, c.elsewhere - greatest(0, c.known - boon_code.known_elsewhere(p, c.effective_at)) - coalesce((
      SELECT sum(x.amount) FROM boon.provider_refunds x
      WHERE x.purchase_id = p.id AND x.refund_id IS NULL AND x.status = 'failed' AND boon_code.is_of_payment(p, x.payment_id)
        AND x.first_heard > c.effective_at AND x.made_at <= c.effective_at AND coalesce(x.failed_at > c.effective_at, true)), 0));
  END IF;
  SELECT * INTO t FROM boon.provider_totals x
    WHERE x.purchase_id = p.id AND boon_code.is_of_payment(p, x.payment_id) AND (c.seq IS NULL OR coalesce(x.said_at, x.heard_at) > c.effective_at)
    ORDER BY x.said_at DESC NULLS LAST, x.lowers DESC, x.total DESC LIMIT 1;
  SELECT coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND r.counted AND NOT r.told_after), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND r.counted AND r.told_after), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND NOT r.counted), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status = 'failed' AND r.counted AND r.failed_after), 0)
    INTO before, confirmed, later, failed
    FROM (SELECT x.amount, x.status, coalesce(x.made_at <= t.said_at, true) AS counted, coalesce(x.live_at > t.said_at, false) AS told_after,
            coalesce(x.failed_at >= t.said_at, true) AS failed_after
          FROM boon.provider_refunds x
          WHERE x.purchase_id = p.id AND x.refund_id IS NULL AND boon_code.is_of_payment(p, x.payment_id)
            AND (c.seq IS NULL OR coalesce(x.made_at, x.first_heard) > c.effective_at)) r;
  IF t.total IS NULL THEN RETURN corrected + before + confirmed + later; END IF;
  SELECT coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' OR (r.provider_id IS NOT NULL AND coalesce(x.failed_at >= t.said_at, true))), 0),
    coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed' AND x.live_at <= t.said_at), 0)
    INTO own, own_for_sure
    FROM boon.refunds r LEFT JOIN boon.provider_refunds x ON x.refund_id = r.id
    WHERE r.purchase_id = p.id AND r.id = ANY (t.own) AND coalesce(x.made_at <= t.said_at, true);
  before := before + corrected;
  IF t.lowers THEN before := least(before, greatest(0, t.total - own_for_sure - confirmed)); END IF;
  RETURN before + confirmed + later + greatest(0, t.total - own - failed - before - confirmed);
END $$;
