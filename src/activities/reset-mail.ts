/** Reminding owners of resets that are about to expire. No address leaves this file except to the mail server. */
import { heartbeat, log } from '@temporalio/activity';
import type { ReminderReport } from '../contracts/temporal.ts';
import type { ExpiringReset } from '../ledger/expiring-reset.ts';
import type { DueReminder, ReminderOutcome } from '../ledger/reset-reminders.ts';
import type { Resets } from '../ledger/resets.ts';
import { type DutyLedger, type DutyRun, duty } from './duty.ts';
import type { MailDependencies } from './mail.ts';
import { withoutAddress } from './mail-failure.ts';
import { reminderMail } from './reset-letter.ts';

type ReminderDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Pick<Resets, 'dueReminders' | 'noteReminder'> & DutyLedger;
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
      const reset_reminders = await duty(
        ledger,
        'reset_reminders',
        at,
        async (run) => {
          let next: ExpiringReset | undefined;
          do {
            const page = await ledger.dueReminders(at, PAGE, next);
            next = page.next;
            for (const reminder of page.due) await remind(run, reminder, report);
          } while (next !== undefined);
        },
        GIVE_UP_AFTER,
      );
      return { ...report, duties: { reset_reminders } };
    },
  };

  async function remind(run: DutyRun, reminder: DueReminder, report: ReminderReport): Promise<void> {
    const item = `${reminder.reset_ids[0]}/${reminder.before}`;
    if (run.isAside(item)) return;
    report.reminders_failed += 1;
    await run.try(item, async () => {
      const outcome = await mail(reminder);
      await ledger.noteReminder(reminder, outcome, run.at);
      if (outcome !== 'sent') return;
      report.reminders_failed -= 1;
      report.reminders_sent += 1;
    });
    heartbeat(report);
  }

  /** What became of the mail. Rejects when it may be tried again. */
  async function mail(reminder: DueReminder): Promise<ReminderOutcome> {
    const { email: to } = reminder;
    if (to === undefined) throw new Error('The address cannot be read: it was sealed with another key.');
    try {
      await transport?.sendMail({ ...reminderMail(reminder, publicUrl), from, to });
      return 'sent';
    } catch (error) {
      const failure = withoutAddress(error);
      log.warn('A reminder was not taken', { resets: reminder.reset_ids, message: failure.message });
      if (failure.type === 'mail_refused') return 'refused';
      throw failure;
    }
  }
}
