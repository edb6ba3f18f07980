-- The highest number that is written: one sealing run goes up to it, so that it ends however much is written meanwhile.
CREATE FUNCTION boon_code.sealable_seq() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(seq), 0) FROM boon.transfers
$$;
