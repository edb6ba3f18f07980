-- What happened cannot be changed, by whichever name its table is called; and which tables these are is written down, so
-- that `verify` sees one that has lost its guard.
CREATE TABLE boon.append_only_tables (
  name text COLLATE "C" PRIMARY KEY
);
INSERT INTO boon.append_only_tables
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE t.tgname = 'append_only' AND c.relnamespace = 'boon'::regnamespace AND NOT c.relispartition;

-- Partitions are not written down: each of an append-only table must have its own guard.
CREATE OR REPLACE FUNCTION boon.make_append_only(p_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION boon.refuse_change()', p_table);
  INSERT INTO boon.append_only_tables SELECT c.relname FROM pg_class c WHERE c.oid = p_table AND NOT c.relispartition;
END $$;

-- Partitions have had theirs; a statement that names the parent fires only the parent's.
SELECT boon.make_append_only('boon.usage');

-- What a campaign granted stays granted. An account that was excluded may be judged again: its row goes, and a new one comes.
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON boon.campaign_accounts FOR EACH STATEMENT EXECUTE FUNCTION boon.refuse_change();
CREATE TRIGGER keep_granted BEFORE DELETE ON boon.campaign_accounts FOR EACH ROW WHEN (OLD.outcome = 'granted')
  EXECUTE FUNCTION boon.refuse_change();

-- What was spent in a month only grows.
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON boon.spending FOR EACH STATEMENT EXECUTE FUNCTION boon.refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE ON boon.spending FOR EACH ROW
  WHEN (NEW.spent < OLD.spent OR (NEW.payer_id, NEW.spender_id, NEW.month) IS DISTINCT FROM (OLD.payer_id, OLD.spender_id, OLD.month))
  EXECUTE FUNCTION boon.refuse_change();

-- Makes the partition of the month that p_at falls into, unless there is one. Attached, it keeps no use waiting. A month that
-- was dropped stays dropped: what is told of it is too late.
CREATE OR REPLACE FUNCTION boon.make_usage_month(p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
