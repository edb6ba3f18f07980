-- How many accounts the pass of a campaign covers.
CREATE FUNCTION boon_code.accounts_of(c boon.campaigns) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM boon.accounts a WHERE a.number <= (c).last_account
$$;
