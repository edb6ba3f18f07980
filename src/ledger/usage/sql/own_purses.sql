-- The purses of all accounts of a call, each at the moment of the account's first use. Where uses are reported late, what lots have
-- let go after p_late_since is in them, too. The caller has locked the accounts. Inlined into `use`, as the one below.
CREATE FUNCTION boon_code.own_purses(p_requests boon_code.use_request[], p_late_since timestamptz) RETURNS SETOF boon_code.purse LANGUAGE sql STABLE AS $$
  SELECT o.*
  FROM (SELECT DISTINCT ON (q.account_id) q.account_id, q.at, CASE WHEN q.at < q.now THEN q.at END AS moment FROM unnest(p_requests) q
        ORDER BY q.account_id, q.i) x
  CROSS JOIN LATERAL boon_code.open_purse(x.account_id, x.account_id, NULL, x.at, NULL, x.moment, p_late_since) o
$$;

-- The same as things are, where no use of the call is reported late.
CREATE FUNCTION boon_code.own_purses(p_requests boon_code.use_request[]) RETURNS SETOF boon_code.purse LANGUAGE sql STABLE AS $$
  SELECT o.*
  FROM (SELECT DISTINCT ON (q.account_id) q.account_id, q.at FROM unnest(p_requests) q ORDER BY q.account_id, q.i) x
  CROSS JOIN LATERAL boon_code.open_purse(x.account_id, x.account_id, NULL, x.at, NULL) o
$$;
