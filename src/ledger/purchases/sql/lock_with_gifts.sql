-- Locks the open gifts that rest on these purchases and rewards, then the accounts, each in id order. A gift that was accepted
-- between the two is locked too; when somebody else has begun to change it, which waits for the account, all is let go and
-- locked anew.
CREATE FUNCTION boon_code.lock_with_gifts(p_purchases text[], p_referrals text[], p_accounts text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  resting text[];
  locked bigint;
BEGIN
  LOOP
    BEGIN
      PERFORM FROM boon.gifts g WHERE g.id IN (SELECT boon_code.gifts_that_rest_on(p_purchases, p_referrals)) ORDER BY g.id FOR UPDATE;
      PERFORM FROM boon.ledger_accounts a WHERE a.id = ANY (p_accounts) ORDER BY a.id FOR UPDATE;
      resting := ARRAY(SELECT boon_code.gifts_that_rest_on(p_purchases, p_referrals));
      SELECT count(*) INTO locked FROM (
        SELECT FROM boon.gifts g WHERE g.id = ANY (resting) ORDER BY g.id FOR UPDATE SKIP LOCKED) x;
      IF locked = cardinality(resting) THEN RETURN; END IF;
      RAISE EXCEPTION 'a gift is being changed' USING ERRCODE = 'BOON1';
    EXCEPTION WHEN SQLSTATE 'BOON1' THEN
      -- Its locks are gone with the block.
    END;
  END LOOP;
END $$;
