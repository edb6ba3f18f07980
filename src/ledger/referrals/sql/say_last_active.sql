-- What an account's owner says of its last activity. Later than before, it adds to it; earlier, it corrects it.
CREATE FUNCTION boon_code.say_last_active(p_account text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.account_activity AS x (account_id, said) VALUES (p_account, CASE WHEN p_at IS NOT NULL THEN boon_code.note_login(NULL, p_at) END)
  ON CONFLICT (account_id) DO UPDATE SET said = CASE
    WHEN p_at < (x.said).last_at THEN boon_code.note_login(NULL, p_at)
    WHEN p_at IS NOT NULL THEN boon_code.note_login(x.said, p_at) END
$$;
