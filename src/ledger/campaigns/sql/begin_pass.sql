-- Begins to go through the accounts that the ledger knows now. It takes the lock of campaigns alone, so that every account
-- put before is seen by the pages, and every one put after sees the campaign. The order of locks is everywhere: the
-- campaign, then accounts, then this one.
CREATE FUNCTION boon_code.begin_pass(c boon.campaigns) RETURNS boon.campaigns LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('boon.campaigns'));
  SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO c.last_account FROM boon.accounts_number_seq s;
  c.status := 'running';
  c.cursor := '';
  c.matched := NULL;
  WITH late AS (DELETE FROM boon.campaign_tallies t WHERE t.campaign_id = c.id AND t.late RETURNING *)
  INSERT INTO boon.campaign_tallies AS t SELECT l.campaign_id, false, l.outcome, l.slot, l.accounts FROM late l
  ON CONFLICT (campaign_id, late, outcome, slot) DO UPDATE SET accounts = t.accounts + excluded.accounts;
  RETURN c;
END $$;
