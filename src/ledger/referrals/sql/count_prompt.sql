-- Counts a prompt towards a referral that the caller has locked, if it came after the link and in time. The last one that was
-- missing brings back a referral that ran out meanwhile: who won the friend after it loses them, unless they have qualified there.
-- Nobody has qualified later than it was told, nor, where the call that told it or the link had to wait for later prompts, before these
-- can have been told, by clocks five minutes apart at most. Null when nothing changed.
CREATE FUNCTION boon_code.count_prompt(r boon.referrals, p_digest bigint, p_at timestamptz, p_told_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
DECLARE
  other boon.referrals;
  qualifies boolean := r.prompts_seen + 1 = r.prompts_required;
BEGIN
  IF r.status NOT IN ('joined', 'expired') OR p_at < r.joined_at OR p_at >= r.expires_at THEN RETURN NULL; END IF;
  IF r.status = 'expired' THEN
    SELECT * INTO other FROM boon.referrals x WHERE x.friend_id = r.friend_id AND x.id <> r.id AND (x.status = 'joined' OR x.qualified_at IS NOT NULL) FOR UPDATE;
    IF other.qualified_at IS NOT NULL THEN RETURN NULL; END IF;
  END IF;
  INSERT INTO boon.referral_prompts VALUES (r.id, p_digest, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF qualifies AND other.id IS NOT NULL THEN PERFORM boon_code.lose_friend(other); END IF;
  IF NOT qualifies THEN
    UPDATE boon.referrals SET prompts_seen = r.prompts_seen + 1 WHERE id = r.id RETURNING * INTO r;
  ELSE
    UPDATE boon.referrals x SET status = 'qualified', prompts_seen = r.prompts_required,
      qualified_at = (SELECT greatest(r.joined_at, max(p.prompted_at) - interval '5 minutes', least(max(p.prompted_at), p_told_at))
        FROM boon.referral_prompts p WHERE p.referral_id = r.id),
      revived_at = CASE WHEN x.status = 'expired' THEN coalesce(p_told_at, p_at) ELSE x.revived_at END, ended_at = NULL, reason_code = NULL, detail = NULL
      WHERE x.id = r.id RETURNING * INTO r;
    PERFORM boon_code.emit_referral_event(r, 'referral.qualified', r.qualified_at);
  END IF;
  RETURN r;
END $$;
