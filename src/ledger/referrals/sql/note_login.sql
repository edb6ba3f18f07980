-- Logins with one more; they may come in any order.
CREATE FUNCTION boon_code.note_login(l boon.logins, p_at timestamptz) RETURNS boon.logins LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF l.last_at IS NULL THEN
    RETURN (p_at, p_at, NULL)::boon.logins;
  ELSIF p_at > l.last_at THEN
    IF p_at > l.last_at + interval '24 hours' THEN
      RETURN (p_at, p_at, l.last_at)::boon.logins;
    END IF;
    l.last_at := p_at;
  ELSIF p_at < l.session_at THEN
    IF p_at >= l.session_at - interval '24 hours' THEN
      l.session_at := p_at;
    ELSE
      l.before_session_at := greatest(l.before_session_at, p_at);
    END IF;
  END IF;
  RETURN l;
END $$;
