-- Why a payment does not pay what it names; null when it does. `live` is the payment's mode, `key_live` that of Boon's key.
CREATE FUNCTION boon_code.money_fault(m jsonb, p_price bigint, p_currency text) RETURNS boon.case_reason LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN m ->> 'key_live' IS NOT NULL AND m ->> 'live' IS DISTINCT FROM m ->> 'key_live' THEN 'wrong_mode'::boon.case_reason
    WHEN lower(m ->> 'currency') IS DISTINCT FROM lower(p_currency) THEN 'wrong_currency'
    WHEN m ->> 'amount' IS NULL THEN 'amount_unknown'
    WHEN (m ->> 'amount')::bigint - coalesce((m ->> 'tax')::bigint, 0) <> p_price THEN 'wrong_amount' END
$$;
