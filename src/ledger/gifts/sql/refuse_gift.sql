-- Why something is refused: its code, the rule behind it, and the sentence.
CREATE TYPE boon_code.gift_refusal AS (code text, reason_code text, detail text);

-- A rung of a ladder: this refusal where the condition holds, else null. A ladder is a `coalesce` of rungs: the first that
-- refuses is the answer. PostgreSQL puts rung and ladder into the expression of the caller, and works out no sentence in vain.
CREATE FUNCTION boon_code.refuse_gift(p_when boolean, p_code text, p_reason_code text, p_detail text) RETURNS boon_code.gift_refusal
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_when THEN (p_code, p_reason_code, p_detail)::boon_code.gift_refusal END
$$;
