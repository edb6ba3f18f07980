-- The refusal of what does not fit into an account.
CREATE FUNCTION boon_code.full_account(p_account text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', 'account_full', 'detail', format(
    'An account can receive %s credits in total; "%s" can be given %s more.',
    boon_code.credits(boon_code.most_credits()), p_account, boon_code.credits(boon_code.room_of(p_account))))
$$;
