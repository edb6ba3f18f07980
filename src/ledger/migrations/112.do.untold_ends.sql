-- Ends of referrals that their processes may not know of. An end may count on a day long past, so none is looked for by its time:
-- each is kept when it is recorded, until its process is seen to be over. Working state and no record.
CREATE TABLE boon.untold_ends (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  referral_id text COLLATE "C" NOT NULL UNIQUE,
  -- When the sweep told the process last.
  told_at timestamptz
);

CREATE FUNCTION boon.keep_untold_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO boon.untold_ends (referral_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER keep_untold_end AFTER UPDATE ON boon.referrals FOR EACH ROW
  WHEN (NEW.ended_at IS DISTINCT FROM OLD.ended_at AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION boon.keep_untold_end();

-- Ends of before: refusals that counted on a day long past, which no run looked for, and what the next run would have looked at.
INSERT INTO boon.untold_ends (referral_id)
SELECT r.id FROM boon.referrals r WHERE r.ended_at IS NOT NULL AND (r.reason_code = 'already_active' AND r.joined_at IS NOT NULL
  OR r.ended_at >= (SELECT max(x.ended_at) FROM boon.referrals x) - interval '1 day')
ORDER BY r.ended_at, r.id;

-- Only the sweep has read it, by the time of the end.
DROP INDEX boon.referrals_ended;
