-- How often rows of each table were written, changed and deleted, by its name; a partitioned table's are its partitions'.
CREATE FUNCTION boon_code.written() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_object_agg(x.name, x.times) FROM (
    SELECT coalesce(p.relname, s.relname) AS name, jsonb_build_array(sum(s.n_tup_ins), sum(s.n_tup_upd), sum(s.n_tup_del)) AS times
    FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE s.schemaname = 'boon' GROUP BY 1) x
$$;
