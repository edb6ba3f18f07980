-- Warnings of the marks (per cent of a limit) that are passed on the way from one amount to another.
CREATE FUNCTION boon_code.warnings(p_limit_name text, p_account text, p_marks int[], p_before bigint, p_after bigint, p_limit bigint, p_at timestamptz)
RETURNS jsonb[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(
    SELECT jsonb_build_object('account_id', p_account, 'limit', p_limit_name, 'percent', m, 'used', boon_code.credits(p_after), 'of', boon_code.credits(p_limit), 'at', p_at)
    FROM unnest(p_marks) m WHERE p_before * 100 < m * p_limit AND p_after * 100 >= m * p_limit)
$$;
