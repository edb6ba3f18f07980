-- The resets that an account was given by a purchase or a reward, each as its owner has it now: one that came back, or that was
-- taken and given back, goes on as another. One that was given away and settled stays the giver's last.
CREATE FUNCTION boon_code.last_resets(p_account text, p_source boon.reset_source, p_reference text) RETURNS SETOF boon.resets LANGUAGE sql STABLE AS $$
  WITH RECURSIVE chain AS (
    SELECT r.id FROM boon.resets r
    WHERE r.account_id = p_account AND r.source = p_source AND r.reference = p_reference AND r.from_reset IS NULL
    UNION ALL
    SELECT n.id FROM chain c JOIN boon.resets n ON n.from_reset = c.id AND n.account_id = p_account
  )
  SELECT r.* FROM chain c JOIN boon.resets r ON r.id = c.id
  WHERE NOT EXISTS (SELECT FROM boon.resets n WHERE n.from_reset = r.id AND n.account_id = p_account)
$$;
