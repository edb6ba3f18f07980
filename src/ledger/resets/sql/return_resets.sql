-- A global reset at p_at: what these accounts have redeemed within `return_within` before it, or at that very moment,
-- comes back, each once. So does what was redeemed by a clock that is ahead, or by a call that got through while this one
-- waited: at its own moment, for it came before. The caller has locked the accounts. Returns how many came back.
CREATE FUNCTION boon_code.return_resets(p_accounts text[], p_at timestamptz) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  useless bigint[];
  moments timestamptz[];
BEGIN
  SELECT array_agg(r.id ORDER BY r.id), array_agg(greatest(d.effective_at, p_at) ORDER BY r.id) INTO useless, moments
    FROM unnest(p_accounts) a (id)
    CROSS JOIN LATERAL (SELECT x.reset_id, x.effective_at FROM boon.redemptions x WHERE x.account_id = a.id OFFSET 0) d
    CROSS JOIN LATERAL (SELECT * FROM boon.resets x WHERE x.id = d.reset_id OFFSET 0) r
    CROSS JOIN LATERAL (SELECT * FROM boon.reset_rules x WHERE x.version = r.policy_version OFFSET 0) p
    WHERE d.effective_at + p.return_within >= p_at AND NOT EXISTS (SELECT FROM boon.resets x WHERE x.from_reset = r.id);
  RETURN boon_code.post_returns(useless, moments, p_at);
END $$;
