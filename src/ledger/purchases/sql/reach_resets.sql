-- Reaches for at most p_wanted of the resets that a purchase or a reward brought: those in the bank, then those that open gifts
-- hold, the newest gift first, which end. Returns how many. The caller has locked those gifts and the account.
CREATE FUNCTION boon_code.reach_resets(p_account text, p_source boon.reset_source, p_reference text, p_wanted int, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  there bigint[] := ARRAY(SELECT r.id FROM boon_code.last_resets(p_account, p_source, p_reference) r
    WHERE r.status = 'available' AND r.expires_at > p_at ORDER BY r.id LIMIT p_wanted);
  g boon.gifts;
BEGIN
  WHILE cardinality(there) < p_wanted LOOP
    SELECT * INTO g FROM boon_code.gifts_that_hold(p_account, '{}',
      ARRAY(SELECT r.id FROM boon_code.last_resets(p_account, p_source, p_reference) r WHERE r.status = 'held')) x ORDER BY x.accepted_at DESC, x.id DESC LIMIT 1;
    EXIT WHEN NOT FOUND;
    PERFORM boon_code.end_gift(g, 'rejected', 'voided', p_at, 'funding_refunded', NULL, NULL);
    there := there || g.reset_id;
  END LOOP;
  PERFORM boon_code.revoke_resets(there, p_reference, p_at);
  RETURN cardinality(there);
END $$;
