-- Of resets, as many as money went back for any part of: rounded up, for half a reset cannot be taken. Of credits see boon.share.
CREATE FUNCTION boon_code.share_of_resets(p_whole int, p_paid bigint, p_back bigint) RETURNS int LANGUAGE sql IMMUTABLE
  RETURN div(p_whole::numeric * least(p_back, p_paid) + p_paid - 1, p_paid)::int;
