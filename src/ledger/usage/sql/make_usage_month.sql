-- Makes the partition of the month that p_at falls into, unless there is one. Attached, it keeps no use waiting. A month that
-- was dropped stays dropped: what is told of it is too late.
CREATE FUNCTION boon_code.make_usage_month(p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
  next date := (first + interval '1 month')::date;
  part text := 'usage_' || to_char(first, 'YYYY_MM');
BEGIN
  IF EXISTS (SELECT FROM boon.usage_months WHERE month = first) THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('boon.usage_months'));
  IF EXISTS (SELECT FROM boon.usage_months WHERE month = first) THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE boon.%I (LIKE boon.usage INCLUDING ALL)', part);
  EXECUTE format('ALTER TABLE boon.usage ATTACH PARTITION boon.%I FOR VALUES FROM (%L) TO (%L)', part,
    first::timestamp AT TIME ZONE 'UTC', next::timestamp AT TIME ZONE 'UTC');
  PERFORM boon.make_append_only(format('boon.%I', part)::regclass);
  INSERT INTO boon.usage_months VALUES (first);
END $$;
