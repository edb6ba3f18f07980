-- The last login before a link was used that is not taken for the one through the link; null when none is known.
CREATE FUNCTION boon_code.last_login_before(l boon.logins, p_link_at timestamptz, p_grace interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN l.last_at < p_link_at - p_grace THEN l.last_at
    -- The session spans the moment at which the grace begins: its logins are a day apart at most.
    WHEN l.session_at < p_link_at - p_grace THEN greatest(l.session_at, p_link_at - p_grace - interval '24 hours')
    WHEN l.before_session_at < p_link_at - p_grace THEN l.before_session_at END
$$;
