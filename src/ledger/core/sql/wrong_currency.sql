-- The refusal of an amount in another currency than that of what it is about.
CREATE FUNCTION boon_code.wrong_currency(p_path text, p_currency text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('code', 'validation_failed', 'detail', format('%s.currency: must be "%s".', p_path, p_currency),
    'errors', jsonb_build_array(jsonb_build_object('path', p_path || '.currency', 'message', format('must be "%s"', p_currency))))
$$;
