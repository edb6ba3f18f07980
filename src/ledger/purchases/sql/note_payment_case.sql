CREATE FUNCTION boon_code.note_payment_case(c boon.payment_cases, p_what text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('case.' || p_what, c.id, ARRAY[c.account_id], boon_code.case_view(c), p_at)
$$;
