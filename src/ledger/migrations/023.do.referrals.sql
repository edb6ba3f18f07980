-- Referrals as readers see them. The ledger is the state machine; the workflow `referral` is its durable clock.
CREATE TYPE boon.referral_status AS ENUM (
  'invited', 'joined', 'qualified', 'rewarded', 'refused', 'expired', 'canceled');

CREATE TABLE boon.referrals (
  id text COLLATE "C" PRIMARY KEY,
  status boon.referral_status NOT NULL,
  program text COLLATE "C" NOT NULL,
  policy_version text NOT NULL,
  referrer_id text COLLATE "C" NOT NULL,
  -- The account that used the link, and whether it was new then. Only a friend who was not can turn out, by activity
  -- that is told late, to have been active before the link.
  friend_id text COLLATE "C",
  friend_is_new boolean,
  prompts_seen int NOT NULL DEFAULT 0,
  prompts_required int NOT NULL,
  invited_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  link_used_at timestamptz,
  joined_at timestamptz,
  qualified_at timestamptz,
  rewarded_at timestamptz,
  -- The reward could not be given yet and is tried again then; reason_code says why.
  deferred_until timestamptz,
  ended_at timestamptz,
  reason_code text,
  detail text,
  reason text,
  operated_by text,
  -- The address (encrypted, and a keyed digest) and the link's token (digest to check it by; encrypted, so that the
  -- mail can be sent again; both gone once it is used).
  email_sealed bytea NOT NULL,
  email_index bytea NOT NULL,
  token_hash bytea,
  token_sealed bytea,
  -- When time changes it next, or its reward is due; null once it has ended.
  deadline timestamptz GENERATED ALWAYS AS (
    CASE WHEN status IN ('invited', 'joined') THEN expires_at
         WHEN status = 'qualified' THEN coalesce(deferred_until, qualified_at) END) STORED,
  CONSTRAINT referral_is_sound CHECK (
    friend_id IS DISTINCT FROM referrer_id
    AND prompts_required > 0 AND prompts_seen >= 0 AND prompts_seen <= prompts_required
    AND expires_at > invited_at
    AND (token_hash IS NULL) = (token_sealed IS NULL)
    AND (token_hash IS NOT NULL) = (status = 'invited')
    AND (status IN ('invited', 'joined', 'qualified')) = (ended_at IS NULL)
    AND CASE status
      WHEN 'invited' THEN num_nonnulls(joined_at, qualified_at, rewarded_at) = 0
      WHEN 'joined' THEN num_nulls(friend_id, friend_is_new, link_used_at, joined_at) = 0 AND qualified_at IS NULL AND prompts_seen < prompts_required
      WHEN 'qualified' THEN num_nulls(friend_id, joined_at, qualified_at) = 0 AND rewarded_at IS NULL AND prompts_seen = prompts_required
      WHEN 'rewarded' THEN num_nulls(friend_id, joined_at, qualified_at, rewarded_at) = 0 AND prompts_seen = prompts_required
      WHEN 'refused' THEN reason_code IS NOT NULL
      ELSE rewarded_at IS NULL END)
) WITH (fillfactor = 85);
CREATE INDEX referrals_sent ON boon.referrals (referrer_id, invited_at, id);
CREATE INDEX referrals_by_program ON boon.referrals (program, invited_at);
CREATE INDEX referrals_fresh ON boon.referrals (invited_at, id) WHERE deadline IS NOT NULL;
CREATE INDEX referrals_ended ON boon.referrals (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX referrals_open ON boon.referrals (deadline, id) WHERE deadline IS NOT NULL;
-- Attribution: a friend belongs to the first link that was used, whatever the program, and is won once: one who has
-- qualified does not count again, whatever became of the reward.
CREATE UNIQUE INDEX friend_is_won_once ON boon.referrals (friend_id) WHERE status = 'joined' OR qualified_at IS NOT NULL;
CREATE UNIQUE INDEX one_open_invitation_an_address ON boon.referrals (referrer_id, program, email_index)
  WHERE status IN ('invited', 'joined', 'qualified');

-- The prompts that were counted, each once by a digest of its id.
CREATE TABLE boon.referral_prompts (
  referral_id text COLLATE "C" NOT NULL,
  digest bigint NOT NULL,
  prompted_at timestamptz NOT NULL,
  PRIMARY KEY (referral_id, digest)
);
SELECT boon.make_append_only('boon.referral_prompts');

CREATE TYPE boon.reward_recipient AS ENUM ('referrer', 'friend');

-- What was given, once a recipient and referral; and what a clawback took of it.
CREATE TABLE boon.referral_rewards (
  referral_id text COLLATE "C" NOT NULL,
  recipient boon.reward_recipient NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  resets int NOT NULL,
  credits bigint NOT NULL,
  lot_id bigint,
  given_at timestamptz NOT NULL,
  resets_back int,
  credits_back bigint,
  PRIMARY KEY (referral_id, recipient),
  CONSTRAINT reward_is_sound CHECK (
    resets >= 0 AND credits >= 0 AND resets + credits > 0 AND (credits > 0) = (lot_id IS NOT NULL)
    AND (resets_back IS NULL) = (credits_back IS NULL)
    AND resets_back BETWEEN 0 AND resets AND credits_back BETWEEN 0 AND credits)
);

-- What is missing, in words for the referrer.
CREATE FUNCTION boon.referral_next_step(r boon.referrals) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE r.status
    WHEN 'invited' THEN format('The friend has to use the link by %s.', boon.instant_text(r.expires_at))
    WHEN 'joined' THEN format('The friend has sent %s of %s prompts; the rest must follow by %s.', r.prompts_seen, r.prompts_required,
                              boon.instant_text(r.expires_at))
    WHEN 'qualified' THEN CASE WHEN r.deferred_until IS NULL THEN 'The reward is on its way.'
                               ELSE format('The reward is tried again at %s.', boon.instant_text(r.deferred_until)) END
    WHEN 'rewarded' THEN 'Nothing is missing: the reward was given.'
    ELSE 'The invitation has ended.' END
$$;

-- A referral as JSON: what readers and recorded answers show. Nothing of the address or the token.
CREATE FUNCTION boon.referral_view(r boon.referrals) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'program', r.program, 'status', r.status, 'referrer_id', r.referrer_id, 'friend_id', r.friend_id,
    'prompts_seen', r.prompts_seen, 'prompts_required', r.prompts_required,
    'reason_code', r.reason_code, 'detail', r.detail, 'reason', r.reason, 'next_step', boon.referral_next_step(r),
    'created_at', r.invited_at, 'expires_at', r.expires_at, 'joined_at', r.joined_at, 'qualified_at', r.qualified_at,
    'rewarded_at', r.rewarded_at, 'deferred_until', r.deferred_until, 'ended_at', r.ended_at,
    'rewards', coalesce((
      SELECT jsonb_agg(jsonb_build_object('recipient', w.recipient, 'account_id', w.account_id, 'resets', w.resets,
        'credits', boon.credits(w.credits),
        'taken_back', CASE WHEN w.resets_back IS NOT NULL THEN
          jsonb_build_object('resets', w.resets_back, 'credits', boon.credits(w.credits_back)) END) ORDER BY w.recipient)
      FROM boon.referral_rewards w WHERE w.referral_id = r.id), '[]'::jsonb),
    'policy_version', r.policy_version)
$$;

CREATE FUNCTION boon.emit_referral_event(r boon.referrals, p_type text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, r.id, array_remove(ARRAY[r.referrer_id, r.friend_id], NULL), boon.referral_view(r), p_at)
$$;

-- The rules that a referral was sent under.
CREATE FUNCTION boon.rules_of(r boon.referrals) RETURNS boon.program_rules LANGUAGE sql STABLE AS $$
  SELECT p FROM boon.program_rules p WHERE p.version = r.policy_version AND p.program = r.program
$$;

-- Ends a referral without a reward. The caller has locked it.
CREATE FUNCTION boon.end_referral(
  r boon.referrals, p_status boon.referral_status, p_at timestamptz, p_reason_code text, p_detail text, p_reason text, p_by text
) RETURNS boon.referrals LANGUAGE plpgsql AS $$
BEGIN
  UPDATE boon.referrals SET status = p_status, ended_at = p_at, reason_code = p_reason_code, detail = p_detail, reason = p_reason,
    operated_by = p_by, deferred_until = NULL, token_hash = NULL, token_sealed = NULL
    WHERE id = r.id RETURNING * INTO r;
  PERFORM boon.emit_referral_event(r, 'referral.' || p_status, p_at);
  RETURN r;
END $$;
