-- Money as JSON: whole units of the currency's smallest coin. Null where either is not known.
CREATE FUNCTION boon_code.coins(p_amount bigint, p_currency text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_amount IS NOT NULL AND p_currency IS NOT NULL THEN jsonb_build_object('amount', p_amount, 'currency', p_currency) END
$$;
