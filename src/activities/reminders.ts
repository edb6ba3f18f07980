/** What duties that mail reminders have in common: their order, and what happens to each. */
import { ApplicationFailure } from '@temporalio/common';
import type { ReminderOutcome } from '../ledger/resets/reset-reminders.ts';
import type { DutyRun } from './duty.ts';

/**
 * A mail server that accepts none of this many letters in a row, whoever they are to, is down: the next run tries
 * again.
 */
export const MAIL_SERVER_IS_AWAY = 5;

/**
 * Goes through what is due, a page at a time: first what was never tried, so that what fails again and again is in nobody's way,
 * then what is tried again.
 */
export async function remindEach<T, Next>(
  run: DutyRun,
  {
    page,
    itemOf,
    remind,
  }: {
    page: (after: Next | undefined) => Promise<{ due: T[]; next: Next | undefined }>;
    itemOf: (reminder: T) => string;
    remind: (reminder: T) => Promise<void>;
  },
): Promise<void> {
  const again: T[] = [];
  let next: Next | undefined;
  do {
    const found = await page(next);
    next = found.next;
    for (const reminder of found.due) {
      const item = itemOf(reminder);
      if (run.isAside(item)) continue;
      if (run.isStuck(item)) again.push(reminder);
      else await remind(reminder);
    }
  } while (next !== undefined);
  for (const reminder of again) await remind(reminder);
}

/** What happened to a reminder. Rejects when it may be tried again. */
export async function reminderOutcome(deliver: () => Promise<boolean>): Promise<ReminderOutcome> {
  try {
    await deliver();
    return 'sent';
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    if (error.type === 'mail_refused') return 'refused';
    if (error.type === 'mail_given_up' || error.type === 'mail_unanswered') return 'given_up';
    throw error;
  }
}
