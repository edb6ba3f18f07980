-- A list of an account's latest 16 prompts with one more in its place, which their times tell.
CREATE FUNCTION boon_code.with_prompt(p_list anyarray, p_new anyelement, p_times timestamptz[], p_at timestamptz) RETURNS anyarray LANGUAGE sql IMMUTABLE AS $$
  SELECT (p_list[:earlier.n] || p_new || p_list[earlier.n + 1:])[cardinality(p_list) - 14:]
  FROM (SELECT count(*)::int AS n FROM unnest(p_times) t WHERE t <= p_at) earlier
$$;
