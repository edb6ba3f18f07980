-- The window in which a use counts that named window p_number: that one, unless it was split before the use.
CREATE FUNCTION boon_code.window_of(p_account text, p_kind boon.window_kind, p_number bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_in bigint := p_number;
  further bigint;
BEGIN
  LOOP
    SELECT s.next INTO further FROM boon.window_splits s
      WHERE s.account_id = p_account AND s.kind = p_kind AND s.number = found_in AND s.at < p_at ORDER BY s.at DESC LIMIT 1;
    IF NOT FOUND THEN RETURN found_in; END IF;
    found_in := further;
  END LOOP;
END $$;
