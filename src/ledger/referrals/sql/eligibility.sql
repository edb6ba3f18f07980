-- May this account invite at p_at: {reasons, remaining_invites, remaining_rewards, window}. Each reason is the code that
-- an invitation would be refused with, says why, and what would change it. Null for an unknown account.
CREATE FUNCTION boon_code.eligibility(rules boon.program_rules, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
  w boon.reward_windows;
  taken bigint;
  frees_at timestamptz;
  rewarded bigint;
  reasons jsonb := '[]';
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = p_account;
  IF a.id IS NULL THEN RETURN NULL; END IF;
  w := boon_code.reward_window_at(p_account, rules.program, p_at, rules.monthly_cap);
  taken := boon_code.places_taken(p_account, rules, w, p_at);
  IF rules.opens_at > p_at THEN
    reasons := reasons || jsonb_build_object('code', 'program_closed', 'detail', format('The program opens at %s.', boon_code.instant_text(rules.opens_at)),
      'fix', format('Wait until %s.', boon_code.instant_text(rules.opens_at)));
  ELSIF rules.closes_at <= p_at THEN
    reasons := reasons || jsonb_build_object('code', 'program_closed', 'detail', format('The program closed at %s.', boon_code.instant_text(rules.closes_at)),
      'fix', 'Nothing changes this: the program is over.');
  END IF;
  IF a.status <> 'active' THEN
    reasons := reasons || jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status),
      'fix', 'Have an operator look at the account and make it active again.');
  END IF;
  IF a.plan <> ALL (rules.plans) THEN
    reasons := reasons || jsonb_build_object('code', 'plan_ineligible', 'detail', format('The plan %s does not take part.', a.plan),
      'fix', format('Change to one of these plans: %s.', array_to_string(rules.plans, ', ')));
  END IF;
  IF rules.cohort IS NOT NULL AND rules.cohort <> ALL (a.cohorts) THEN
    reasons := reasons || jsonb_build_object('code', 'not_in_cohort', 'detail', 'The program is open to chosen accounts only.',
      'fix', format('An operator can add the account to the cohort %s.', rules.cohort));
  END IF;
  IF taken >= rules.invites THEN
    SELECT min(r.expires_at) FILTER (WHERE r.status IN ('invited', 'joined') AND r.expires_at > p_at), count(*) FILTER (WHERE r.status = 'rewarded')
      INTO frees_at, rewarded FROM boon.referrals r
      WHERE r.referrer_id = p_account AND r.program = rules.program
        AND (r.status IN ('invited', 'joined') OR r.status = 'rewarded' AND r.rewarded_at >= w.starts_at AND r.rewarded_at < w.ends_at);
    reasons := reasons || jsonb_build_object('code', 'invite_limit_reached',
      'detail', format('%s of %s invitations are open or rewarded.', taken, rules.invites),
      'fix', CASE WHEN frees_at >= rules.closes_at THEN 'Cancel an open invitation: none expires before the program closes.'
                  WHEN frees_at IS NOT NULL THEN format('Cancel an open invitation, or wait until one expires: the next at %s.', boon_code.instant_text(frees_at))
                  WHEN rules.closes_at IS NOT NULL THEN 'Nothing changes this: every place of the program is used.'
                  WHEN rewarded = 0 THEN 'Wait: places come back in the billing month after the rewards that are on their way are given.'
                  ELSE format('Wait for the next billing month, which begins at %s.', boon_code.instant_text(w.ends_at)) END);
  END IF;
  RETURN jsonb_build_object('eligible', reasons = '[]'::jsonb, 'reasons', reasons,
    'remaining_invites', greatest(rules.invites - taken, 0), 'remaining_rewards', greatest(w.cap - w.used, 0),
    'month', jsonb_build_object('starts_at', w.starts_at, 'ends_at', w.ends_at));
END $$;
