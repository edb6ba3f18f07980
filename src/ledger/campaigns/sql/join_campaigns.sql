-- Has the ongoing campaigns judge an account that is new or has changed: part of boon.put_account, which has locked it.
-- A campaign that is paused will come to it when it is resumed.
CREATE FUNCTION boon_code.join_campaigns(p_account text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  c boon.campaigns;
BEGIN
  FOR c IN SELECT * FROM boon.campaigns x WHERE x.ongoing AND x.status IN ('running', 'ongoing') ORDER BY x.id LOOP
    PERFORM boon_code.apply_campaign(c, ARRAY[p_account], p_at);
  END LOOP;
END $$;
