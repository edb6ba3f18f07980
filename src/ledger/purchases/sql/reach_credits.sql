-- Reaches for p_wanted credits of a lot: in it and in those that go on from it, then in open gifts that hold some of them, the
-- newest first, as many as are needed, which end. Takes them for a purchase, or for the claw-back of a reward. `returned` is what
-- the gifts gave back, which may be more. The caller has locked those gifts and the account.
CREATE FUNCTION boon_code.reach_credits(p_account text, p_lot bigint, p_wanted bigint, p boon.purchases, p_clawed text, p_at timestamptz,
  OUT taken bigint, OUT returned boon_code.slice[]) LANGUAGE plpgsql AS $$
DECLARE
  g boon.gifts;
  ended record;
  l record;
  part bigint;
BEGIN
  taken := 0; returned := '{}';
  -- What has expired is not left, whether or not that has been posted yet.
  PERFORM boon_code.post_expiry(ARRAY(SELECT boon_code.lot_family(p_lot)), p_at);
  LOOP
    FOR l IN SELECT x.id, x.remaining FROM boon.lots x WHERE x.id IN (SELECT boon_code.lot_family(p_lot)) AND x.open ORDER BY x.id LOOP
      part := least(l.remaining, p_wanted - taken);
      CONTINUE WHEN part = 0;
      IF p.id IS NOT NULL THEN
        PERFORM boon_code.take_for_purchase(p, l.id, part, p_at);
      ELSE
        PERFORM boon_code.take_from_lot(l.id, part, 'clawback', 'clawed_back', p_clawed, p_at);
      END IF;
      taken := taken + part;
    END LOOP;
    EXIT WHEN taken = p_wanted;
    SELECT * INTO g FROM boon_code.gifts_that_hold(p_account, ARRAY(SELECT boon_code.lot_family(p_lot)), '{}') x ORDER BY x.accepted_at DESC, x.id DESC LIMIT 1;
    EXIT WHEN NOT FOUND;
    ended := boon_code.end_gift(g, 'rejected', 'voided', p_at, 'funding_refunded', NULL, NULL);
    returned := returned || ended.returned;
  END LOOP;
END $$;
