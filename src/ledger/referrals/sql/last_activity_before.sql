-- An account's last activity before it used a link; one that was never active counts from its creation. Here, and
-- only here, what the account's owner said and what was recorded come together.
CREATE FUNCTION boon_code.last_activity_before(a boon.accounts, b boon.account_activity, p_link_at timestamptz, p_grace interval)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(greatest(
    boon_code.last_login_before(b.said, p_link_at, p_grace),
    boon_code.last_login_before(b.logins, p_link_at, p_grace),
    (SELECT max(t) FROM unnest(b.prompted_at) t WHERE t < p_link_at),
    CASE WHEN b.prompts_before_at < p_link_at THEN b.prompts_before_at END), a.created_at)
$$;
