-- Whether an account has a reset by a gift: this one, or one of its own that this goes on from.
CREATE FUNCTION boon_code.reset_was_given(r boon.resets) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH RECURSIVE line AS (
    SELECT r.account_id, r.source, r.from_reset
    UNION ALL
    SELECT x.account_id, x.source, x.from_reset FROM line n JOIN boon.resets x ON x.id = n.from_reset AND x.account_id = n.account_id
  )
  SELECT coalesce(bool_or(source = 'gift'), false) FROM line
$$;
