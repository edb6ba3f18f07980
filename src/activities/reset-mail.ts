/** Reminding owners of resets that are about to expire. No address leaves this file except to the mail server. */
import { heartbeat, log } from '@temporalio/activity';
import type { ReminderReport } from '../contracts/temporal.ts';
import type { ExpiringReset } from '../ledger/expiring-reset.ts';
import type { DueReminder, ReminderOutcome } from '../ledger/reset-reminders.ts';
import type { Resets } from '../ledger/resets.ts';
import { failing } from './failure.ts';
import type { MailDependencies } from './mail.ts';
import { withoutAddress } from './mail-failure.ts';
import { reminderMail } from './reset-letter.ts';

type ReminderDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Pick<Resets, 'dueReminders' | 'noteReminder'>;
};

export type ResetMailActivities = ReturnType<typeof resetMailActivities>;

const PAGE = 100;
/** A mail server that takes none of so many mails in a row is away: the next run tries again. */
const GIVE_UP_AFTER = 5;

export function resetMailActivities({ ledger, transport, from, publicUrl }: ReminderDependencies) {
  return {
    /**
     * Mails each reminder that is due at `at`, once: a refused address is final, everything else is tried again by the
     * next runs for a day.
     */
    async remindOfResets(at: string): Promise<ReminderReport> {
      const report: ReminderReport = { reminders_sent: 0, reminders_failed: 0 };
      if (transport === undefined) return report;
      let failedInRow = 0;
      let next: ExpiringReset | undefined;
      do {
        const page = await failing(() => ledger.dueReminders(at, PAGE, next));
        next = page.next;
        for (const reminder of page.due) {
          const outcome = await mail(reminder);
          failedInRow = outcome === undefined ? failedInRow + 1 : 0;
          if (outcome !== undefined) await failing(() => ledger.noteReminder(reminder, outcome, at));
          if (outcome === 'sent') report.reminders_sent += 1;
          else report.reminders_failed += 1;
          heartbeat(report);
          if (failedInRow === GIVE_UP_AFTER) return report;
        }
      } while (next !== undefined);
      return report;
    },
  };

  /** What became of the mail; undefined when it may be tried again. */
  async function mail(reminder: DueReminder): Promise<ReminderOutcome | undefined> {
    try {
      await transport?.sendMail({ ...reminderMail(reminder, publicUrl), from, to: reminder.email });
      return 'sent';
    } catch (error) {
      const { type, message } = withoutAddress(error);
      log.warn('A reminder was not taken', { resets: reminder.reset_ids, message });
      return type === 'mail_refused' ? 'refused' : undefined;
    }
  }
}
