-- A referral as JSON: what readers and recorded answers show. Nothing of the address or the token.
CREATE FUNCTION boon_code.referral_view(r boon.referrals) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'program', r.program, 'status', r.status, 'referrer_id', r.referrer_id, 'friend_id', r.friend_id,
    'prompts_seen', r.prompts_seen, 'prompts_required', r.prompts_required,
    'reason_code', r.reason_code, 'detail', r.detail, 'reason', r.reason, 'next_step', boon_code.referral_next_step(r),
    'created_at', r.invited_at, 'expires_at', r.expires_at, 'joined_at', r.joined_at, 'qualified_at', r.qualified_at,
    'rewarded_at', r.rewarded_at, 'deferred_until', r.deferred_until, 'ended_at', r.ended_at,
    'rewards', coalesce((
      SELECT jsonb_agg(jsonb_build_object('recipient', w.recipient, 'account_id', w.account_id, 'resets', w.resets,
        'credits', boon_code.credits(w.credits),
        'taken_back', CASE WHEN w.resets_back IS NOT NULL THEN
          jsonb_build_object('resets', w.resets_back, 'credits', boon_code.credits(w.credits_back)) END) ORDER BY w.recipient)
      FROM boon.referral_rewards w WHERE w.referral_id = r.id AND w.resets + w.credits > 0), '[]'::jsonb),
    'policy_version', r.policy_version)
$$;

-- The same as JSON, as `boon.reset_view` does it for resets. A null p_at: as it is noted.
CREATE FUNCTION boon_code.referral_view(r boon.referrals, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT boon_code.referral_view(CASE WHEN p_at IS NULL THEN r ELSE boon_code.referral_as_of(r, p_at) END)
$$;
