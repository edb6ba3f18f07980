-- Whether a top-up is wanted: less is there than the sum that the owner named, or less than a use of the last day needed.
CREATE FUNCTION boon_code.top_up_is_wanted(t boon.top_ups, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT boon_code.own_credits(t.account_id, p_at) < greatest(t.below, CASE WHEN t.wanted_at > p_at - interval '1 day' THEN t.wanted END)
$$;
