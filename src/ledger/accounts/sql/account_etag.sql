-- What an account is at p_at, as a digest: another whenever `account_view` says otherwise, or its fingerprints are others. An
-- address counts by its index, since it is sealed anew each time it is given. Null when there is no such account.
CREATE FUNCTION boon_code.account_etag(p_account text, p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT left(encode(sha256(convert_to((boon_code.account_view(a.id, p_at) - 'email_sealed'
    || jsonb_build_object('email_index', encode(a.email_index, 'hex'), 'fingerprints', a.fingerprints))::text, 'UTF8')), 'hex'), 32)
  FROM boon.accounts a WHERE a.id = p_account
$$;
