-- The moment just before a reset expires, at which one that is looked at too late is redeemed.
CREATE FUNCTION boon_code.last_moment_of(r boon.resets) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN (r).expires_at - interval '1 millisecond';
