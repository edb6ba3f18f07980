/** Checks of what reaches a referral's process from outside. */
import { workflowInfo } from '@temporalio/workflow';
import {
  type ReferralInput,
  type ReferralStanding,
  referralWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, isRecord, oneOf, orNull, type Shape, shapeFaults, text, whole, words } from '../shape.ts';

/** Throws the refusal of an input that is not the referral of this workflow's id. */
export function checkedReferral(input: ReferralInput | undefined): ReferralInput {
  const referral: unknown = isRecord(input) ? input.referral : undefined;
  if (!isRecord(referral) || referralWorkflowId(`${referral.id}`) !== workflowInfo().workflowId) {
    const message = 'must hold the referral of the workflow id; invitations go through the API';
    throw invalid([{ path: 'input', message }]);
  }
  const faults = [
    ...shapeFaults('referral', referral, REFERRAL_SHAPE),
    ...shapeFaults('input', input, {
      resent: orNull(whole),
      invitation: orNull(oneOf(MAIL_OUTCOMES)),
      cancel_requests: orNull(whole),
      ...REFUSED_SHAPE,
    }),
  ];
  if (faults.length > 0) throw invalid(faults);
  return input as ReferralInput;
}

const MAIL_OUTCOMES = ['sent', 'not_needed', 'failed'];
const STANDING_SHAPE: Shape = {
  status: oneOf(REFERRAL_STATUSES),
  friend_id: orNull(text),
  prompts_seen: orNull(whole),
  reason_code: orNull(text),
  detail: orNull(words),
  reason: orNull(words),
  rewarded_at: orNull(instant),
  deferred_until: orNull(instant),
};
const REFERRAL_SHAPE: Shape = {
  ...STANDING_SHAPE,
  program: text,
  referrer_id: text,
  prompts_required: whole,
  expires_at: instant,
};

/** Whether it gives the state of a referral. */
export function isStanding(given: unknown): given is ReferralStanding {
  return shapeFaults('standing', given, STANDING_SHAPE).length === 0;
}
