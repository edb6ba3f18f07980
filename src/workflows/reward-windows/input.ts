/** Checks of what reaches a reward window's process from outside. */
import { workflowInfo } from '@temporalio/workflow';
import type { FieldError } from '../../contracts/errors.ts';
import {
  type RewardWindow,
  type RewardWindowInput,
  rewardWindowWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { textFault } from '../arguments.ts';
import { REFUSED_SHAPE } from '../cancel-request.ts';
import { invalid } from '../refusal.ts';
import { instant, isRecord, type Shape, shapeFaults, text, texts, whole } from '../shape.ts';

/** Throws the refusal of an input that is not the month of this workflow's id. */
export function checkedWindow(input: RewardWindowInput | undefined): RewardWindowInput {
  const { account_id, month, ends_at } = input ?? {};
  const isMine = rewardWindowWorkflowId(`${account_id}`, `${month}`) === workflowInfo().workflowId;
  if (input === undefined || !isMine || instant(ends_at) !== undefined)
    throw invalid([{ path: 'input', message: 'must hold the account and the month of the workflow id' }]);
  const { programs = {} } = input;
  const faults = isRecord(programs)
    ? Object.entries(programs).flatMap(([name, places]) =>
        shapeFaults(`programs.${name}`, places, PLACES_SHAPE),
      )
    : [{ path: 'programs', message: 'must be an object' }];
  faults.push(...shapeFaults('input', input, REFUSED_SHAPE));
  if (faults.length > 0) throw invalid(faults);
  return input;
}

const PLACES_SHAPE: Shape = { cap: whole, banked: texts, held: texts };

/** Whether it gives the state of a month. */
export function isWindow(given: unknown): given is RewardWindow {
  return shapeFaults('window', given, { program: text, cap: whole, claimed: texts }).length === 0;
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
    if (path === 'banked')
      return value === undefined || texts(value) === undefined
        ? []
        : [{ path, message: 'must be a list of texts' }];
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
