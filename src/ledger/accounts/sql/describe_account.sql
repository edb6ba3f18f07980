-- An account as its owner describes it: `put_account` with the name, and with what that means for friends who came before.
CREATE FUNCTION boon_code.describe_account(p_id text, p jsonb, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := boon_code.put_account(p_id, p - 'name', p_at);
BEGIN
  IF NOT answer ? 'account' THEN RETURN answer; END IF;
  IF p ? 'name' THEN
    UPDATE boon.accounts a SET name = p ->> 'name' WHERE a.id = p_id;
    answer := answer || jsonb_build_object('account', boon_code.account_view(p_id, p_at), 'etag', boon_code.account_etag(p_id, p_at));
  END IF;
  IF p ?| ARRAY['last_active_at', 'created_at', 'fingerprints', 'email_index'] THEN PERFORM boon_code.judge_friends_again(p_id, p_at); END IF;
  RETURN answer;
END $$;
