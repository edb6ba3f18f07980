/** What a person can do about a refusal: by its reason where there is one, else what the table of codes says. */
import { ERRORS, type ErrorCode } from './error-codes.ts';

const BY_REASON: Readonly<Record<string, string>> = {
  below_least: 'Give at least what `detail` names.',
  above_most: 'Give at most what `detail` names.',
  per_day_count: 'Wait for the next day (UTC).',
  per_day_amount: 'Wait for the next day (UTC), or give less.',
  per_month_count: 'Wait for the next month (UTC).',
  per_month_amount: 'Wait for the next month (UTC), or give less.',
  promotional_count: 'Wait for the next month (UTC), or fund the gift by a transfer.',
  promotional_amount: 'Wait for the next month (UTC), give less, or fund the gift by a transfer.',
  budget_used_up: 'Have an operator grant credits to `boon:promotional`, or fund the gift by a transfer.',
  account_too_new: 'Wait until the time that `detail` names.',
  unknown_account: 'Create the recipient’s account, then send the same request again.',
  reset_unavailable: 'Give a reset that is in the sender’s bank.',
  reset_gifted: 'Give a reset that was not a gift itself.',
  reset_expires: 'Give a reset that is valid for longer than a gift takes to settle.',
  closed: 'Use another account, or have an operator open this one again.',
};

/** @param named whether the refusal lists faulty fields */
export function fixOf(code: ErrorCode, reasonCode?: string, named = true): string {
  const byReason = reasonCode === undefined ? undefined : BY_REASON[reasonCode];
  if (byReason !== undefined) return byReason;
  const { fix } = ERRORS[code];
  if (!named && fix.includes('`errors`')) return 'Correct what `detail` names.';
  if (reasonCode === undefined && fix.includes('`reason_code`'))
    return 'See `detail`; an operator can say more.';
  return fix;
}
