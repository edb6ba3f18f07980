-- Resets: those still in the bank, or on their way in an open gift, are revoked; those that were used or given stay gone, and are
-- not owed. What comes back goes on from the latest that were revoked, for as long as they were good, but at least as long as one
-- that came back.
CREATE FUNCTION boon_code.settle_resets(p boon.purchases, p_back int, p_at timestamptz) RETURNS boon.purchases LANGUAGE plpgsql AS $$
DECLARE
  wanted int := p_back - p.resets_taken - p.resets_kept;
  done int;
BEGIN
  IF wanted > 0 THEN
    done := boon_code.reach_resets(p.account_id, 'purchase', p.id, wanted, p_at);
    p.resets_taken := p.resets_taken + done; p.resets_kept := p.resets_kept + wanted - done;
  ELSIF wanted < 0 THEN
    done := least(-wanted, p.resets_kept);
    p.resets_kept := p.resets_kept - done;
    done := -wanted - done;
    IF done > 0 THEN
      WITH again AS (
        INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at, from_reset)
        SELECT r.account_id, 'available', 'purchase', r.program, p.id, r.policy_version, p_at, greatest(r.expires_at, p_at + x.return_within), r.id
        FROM (SELECT * FROM boon_code.last_resets(p.account_id, 'purchase', p.id) y WHERE y.status = 'revoked' ORDER BY y.id DESC LIMIT done) r
        JOIN boon.reset_rules x ON x.version = r.policy_version ORDER BY r.id
        RETURNING id, account_id, program, expires_at, from_reset
      ), moved AS (
        INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
        SELECT a.id, a.account_id, 'granted', p.id, p_at FROM again a ORDER BY a.id
      )
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
      SELECT 'reset.granted', a.id::text, ARRAY[a.account_id], jsonb_build_object('reset_id', a.id::text, 'source', 'purchase',
        'program', a.program, 'expires_at', a.expires_at, 'from_reset', a.from_reset::text), p_at FROM again a ORDER BY a.id;
      p.resets_taken := p.resets_taken - done;
    END IF;
  END IF;
  RETURN p;
END $$;
