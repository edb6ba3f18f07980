-- Of a sum of credits or resets, as much as money went back; all of it when all of the money did. Rounded down.
CREATE FUNCTION boon_code.share(p_whole bigint, p_paid bigint, p_back bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN div(p_whole::numeric * least(p_back, p_paid), p_paid)::bigint;
