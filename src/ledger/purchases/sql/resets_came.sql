-- Resets that are in the bank again. Those whose purchase was refunded, or whose reward was taken back, while they were used or
-- held are revoked now. The caller has locked their accounts.
CREATE FUNCTION boon_code.resets_came(p_resets bigint[], p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    WITH RECURSIVE line AS (
      SELECT x.id AS last, x.id, x.account_id, x.source, x.reference, x.from_reset FROM boon.resets x WHERE x.id = ANY (p_resets) AND x.status = 'available'
      UNION ALL
      SELECT n.last, x.id, x.account_id, x.source, x.reference, x.from_reset FROM line n JOIN boon.resets x ON x.id = n.from_reset AND x.account_id = n.account_id
    )
    SELECT l.last, l.account_id, l.source, l.reference FROM line l
    WHERE l.source IN ('purchase', 'referral') AND NOT EXISTS (SELECT FROM boon.resets x WHERE x.id = l.from_reset AND x.account_id = l.account_id) ORDER BY l.last
  LOOP
    IF r.source = 'purchase' THEN
      UPDATE boon.purchases p SET resets_kept = p.resets_kept - 1, resets_taken = p.resets_taken + 1 WHERE p.id = r.reference AND p.resets_kept > 0;
    ELSE
      UPDATE boon.referral_rewards w SET resets_back = w.resets_back + 1
        WHERE w.referral_id = r.reference AND w.account_id = r.account_id AND w.resets_back < w.resets;
    END IF;
    IF FOUND THEN PERFORM boon_code.revoke_resets(ARRAY[r.last], r.reference, p_at); END IF;
  END LOOP;
END $$;
