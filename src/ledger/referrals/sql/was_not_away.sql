-- Whether an activity before the link, told after it, shows that the friend was not away.
CREATE FUNCTION boon_code.was_not_away(r boon.referrals, p_kind boon.activity_kind, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT r.friend_is_new AND p_at < r.joined_at AND (p_kind = 'prompt' OR p_at < r.joined_at - p.login_grace) AND p_at + p.dormancy >= r.joined_at
  FROM boon_code.rules_of(r) p
$$;
