-- Until when credits are good that come back at p_at out of a hold that began at p_began. Where little or none of the time of
-- their lot is left they have the policy's time of grace, once: it ends no later than that time after the longest hold that could
-- have been on the lot as it first expired. What was held only after that has had its grace.
CREATE FUNCTION boon_code.good_until(p_expires_at timestamptz, p_first_expires_at timestamptz, p_began timestamptz, p boon.policies, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN CASE
  WHEN p_expires_at IS NULL OR p_began >= coalesce(p_first_expires_at, p_expires_at) THEN p_expires_at
  ELSE greatest(p_expires_at, least(p_at, coalesce(p_first_expires_at, p_expires_at) + p.hold_at_most) + p.returned_valid_for) END;
