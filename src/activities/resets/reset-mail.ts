/** Reminding owners of resets that are about to expire. No address leaves the worker except to the mail server. */
import { heartbeat } from '@temporalio/activity';
import type { ReminderReport } from '../../contracts/temporal.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Letters } from '../../ledger/letters.ts';
import type { ExpiringReset } from '../../ledger/resets/expiring-reset.ts';
import type { DueReminder } from '../../ledger/resets/reset-reminders.ts';
import type { Resets } from '../../ledger/resets/resets.ts';
import { type DutyLedger, type DutyRun, duty } from '../duty.ts';
import type { MailDependencies } from '../mail.ts';
import { isOfOneLetter } from '../mail-failure.ts';
import { makePost } from '../post.ts';
import { MAIL_SERVER_IS_AWAY, remindEach, reminderOutcome } from '../reminders.ts';
import { reminderMail } from './reset-letter.ts';

type ReminderDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Pick<Resets, 'dueReminders' | 'noteReminder'> & Letters & DutyLedger;
};

export type ResetMailActivities = ReturnType<typeof resetMailActivities>;

const PAGE = 100;

export function resetMailActivities({ ledger, transport, from, publicUrl }: ReminderDependencies) {
  const post = makePost({ ledger, transport, from });
  return {
    /**
     * Mails each reminder that is due at `at`, once: a refused address is final, everything else is retried by the
     * next runs for a day.
     */
    async remindOfResets(at: Instant): Promise<ReminderReport> {
      const report: ReminderReport = { reminders_sent: 0, reminders_failed: 0 };
      if (transport === undefined) return report;
      const page = (after: ExpiringReset | undefined) => ledger.dueReminders(at, PAGE, after);
      const reset_reminders = await duty(
        ledger,
        'reset_reminders',
        at,
        (run) => remindEach(run, { page, itemOf, remind: (reminder) => remind(run, reminder, report) }),
        MAIL_SERVER_IS_AWAY,
        isOfOneLetter,
      );
      return { ...report, duties: { reset_reminders } };
    },
  };

  async function remind(run: DutyRun, reminder: DueReminder, report: ReminderReport): Promise<void> {
    const { reset_ids, before, email } = reminder;
    report.reminders_failed += 1;
    await run.try(itemOf(reminder), async () => {
      const letter = { kind: 'reset_reminder', subject: `${reset_ids[0]}`, which: before } as const;
      const written = { to: email, mail: reminderMail(reminder, publicUrl) };
      const outcome = await reminderOutcome(() => post.deliver(letter, run.at, async () => written));
      await ledger.noteReminder(reminder, outcome, run.at);
      if (outcome !== 'sent') return;
      report.reminders_failed -= 1;
      report.reminders_sent += 1;
    });
    heartbeat(report);
  }
}

function itemOf({ reset_ids, before }: DueReminder): string {
  return `${reset_ids[0]}/${before}`;
}
