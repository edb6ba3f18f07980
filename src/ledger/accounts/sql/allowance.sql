CREATE FUNCTION boon_code.allowance(p_count bigint, p_amount bigint, p_used_count bigint, p_used_amount bigint, p_resets_at timestamptz)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'limit', jsonb_build_object('count', p_count, 'amount', boon_code.credits(p_amount)),
    'used', jsonb_build_object('count', p_used_count, 'amount', boon_code.credits(p_used_amount)),
    'remaining', jsonb_build_object('count', greatest(p_count - p_used_count, 0), 'amount', boon_code.credits(greatest(p_amount - p_used_amount, 0))),
    'resets_at', p_resets_at)
$$;
