-- Rows that say what happened are never changed: they are corrected by further rows.
CREATE FUNCTION boon.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION boon.make_append_only(p_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION boon.refuse_change()', p_table);
END $$;

SELECT boon.make_append_only('boon.policies');
SELECT boon.make_append_only('boon.policy_documents');
