/** Checks of what reaches `referral` and `rewardWindow` from outside. */
import { workflowInfo } from '@temporalio/workflow';
import type { FieldError } from '../contracts/errors.ts';
import {
  type ReferralInput,
  type RewardWindowInput,
  referralWorkflowId,
  rewardWindowWorkflowId,
} from '../contracts/referral.ts';
import { REFERRAL_STATUSES } from '../domain/referral-status.ts';
import { textFault } from './gift-input.ts';
import { invalid } from './refusal.ts';

/** Throws the refusal of an input that is not the referral of this workflow's id. */
export function checkedReferral(input: ReferralInput | undefined): ReferralInput {
  const { id, status } = input?.referral ?? {};
  const isMine = referralWorkflowId(`${id}`) === workflowInfo().workflowId;
  if (input !== undefined && isMine && REFERRAL_STATUSES.some((known) => known === status)) return input;
  const message = 'must hold the referral of the workflow id; invitations go through the API';
  throw invalid([{ path: 'input', message }]);
}

/** Throws the refusal of an input that is not the month of this workflow's id. */
export function checkedWindow(input: RewardWindowInput | undefined): RewardWindowInput {
  const { account_id, month, ends_at } = input ?? {};
  const isMine = rewardWindowWorkflowId(`${account_id}`, `${month}`) === workflowInfo().workflowId;
  if (input !== undefined && isMine && !Number.isNaN(Date.parse(`${ends_at}`))) return input;
  throw invalid([{ path: 'input', message: 'must hold the account and the month of the workflow id' }]);
}

/** As the API has them. */
const LONGEST_TEXT = 500;
const LARGEST_CAP = 1000;

/** Throws the refusal of a window's update: each named field must be a text, and `cap` a whole number where it is needed. */
export function checkPlaces(
  update: string,
  example: string,
  given: object | undefined,
  fields: readonly string[],
): void {
  const values = (given ?? {}) as Record<string, unknown>;
  const faults = fields.flatMap((path): FieldError[] => {
    const value = values[path];
    if (path !== 'cap') return textFault(path, value, LONGEST_TEXT);
    const fits = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= LARGEST_CAP;
    return fits ? [] : [{ path, message: `must be a whole number up to ${LARGEST_CAP}` }];
  });
  const last = faults.pop();
  if (last === undefined) return;
  throw invalid([
    ...faults,
    { ...last, message: `${last.message}; send ${update} an object such as ${example}` },
  ]);
}
