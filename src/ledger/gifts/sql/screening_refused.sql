-- The refusal of what screening denies; null when it denies nothing.
CREATE FUNCTION boon_code.screening_refused(s boon_code.screened, p_what text) RETURNS boon_code.gift_refusal LANGUAGE sql IMMUTABLE AS $$
  SELECT boon_code.refuse_gift(s.verdict = 'deny', 'gift_denied', s.rule, format('Screening refused the %s: %s.', p_what, s.rule))
$$;
