CREATE FUNCTION boon_code.reward_window_view(w boon.reward_windows) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('account_id', w.account_id, 'program', w.program, 'month', w.month, 'starts_at', w.starts_at, 'ends_at', w.ends_at,
    'cap', w.cap, 'claimed', coalesce((
      SELECT jsonb_agg(s.referral_id ORDER BY s.number) FROM boon.reward_slots s
      WHERE s.account_id = w.account_id AND s.program = w.program AND s.month = w.month), '[]'::jsonb))
$$;
