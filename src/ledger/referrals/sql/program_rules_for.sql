-- The rules of a program for an account: those in use; of a program that is no longer in the policy, the latest, as long as the
-- account has referrals or months in it.
CREATE FUNCTION boon_code.program_rules_for(p_policy text, p_program text, p_account text) RETURNS boon.program_rules LANGUAGE sql STABLE AS $$
  SELECT p FROM boon.program_rules p JOIN boon.policy_documents d ON d.version = p.version
  WHERE p.program = p_program AND (p.version = p_policy
    OR EXISTS (SELECT FROM boon.referrals r WHERE r.referrer_id = p_account AND r.program = p_program)
    OR EXISTS (SELECT FROM boon.reward_windows w WHERE w.account_id = p_account AND w.program = p_program))
  ORDER BY p.version = p_policy DESC, d.effective_at DESC, d.recorded_at DESC, d.version LIMIT 1
$$;
