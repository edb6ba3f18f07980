/** Mails about purchases. No address leaves the worker except to the mail server. */
import { heartbeat } from '@temporalio/activity';
import type { MailOutcome } from '../../contracts/referrals/referral.ts';
import type { CreditReminderReport } from '../../contracts/temporal.ts';
import type { PurchaseId, RefundId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { CreditReminder, ExpiringLot } from '../../ledger/purchases/credit-reminders.ts';
import type { Purchases } from '../../ledger/purchases/purchases.ts';
import { type DutyLedger, type DutyRun, duty } from '../duty.ts';
import { failing } from '../failure.ts';
import { letterWriters } from '../letter-writers.ts';
import type { MailDependencies } from '../mail.ts';
import { isOfOneLetter } from '../mail-failure.ts';
import { makePost } from '../post.ts';
import { MAIL_SERVER_IS_AWAY, remindEach, reminderOutcome } from '../reminders.ts';
import { attemptAt } from '../scheduled-at.ts';
import { creditReminderMail } from './purchase-letters.ts';

type PurchaseMailDependencies = MailDependencies & {
  ledger: Pick<Purchases, 'dueCreditReminders' | 'noteCreditReminder'> & DutyLedger;
};

export type PurchaseMailActivities = ReturnType<typeof purchaseMailActivities>;

const PAGE = 100;

export function purchaseMailActivities(dependencies: PurchaseMailDependencies) {
  const { ledger, transport, publicUrl } = dependencies;
  const post = makePost(dependencies);
  const writers = letterWriters(dependencies);
  return {
    /**
     * Mails that a purchase was paid, or that a top-up was not, once; nothing about a page that nobody paid on.
     * @param at when it is asked for; runs of earlier versions did not say
     */
    async sendPurchaseMail(purchaseId: PurchaseId, at?: Instant): Promise<MailOutcome> {
      if (transport === undefined) return 'not_needed';
      const { paid_at } = await failing(() => ledger.findPurchase(purchaseId));
      const kind = paid_at === null ? 'top_up_unpaid' : 'purchase';
      const letter = { kind, subject: purchaseId } as const;
      const moment = attemptAt(at);
      const sent = await post.deliver(letter, moment, () => writers[kind](letter, moment));
      return sent ? 'sent' : 'not_needed';
    },

    /** Mails that the money of a refund goes back, once; nothing about one that failed. @param at as above */
    async sendRefundMail(refundId: RefundId, at?: Instant): Promise<MailOutcome> {
      const letter = { kind: 'refund', subject: refundId } as const;
      const moment = attemptAt(at);
      const sent = await post.deliver(letter, moment, () => writers.refund(letter, moment));
      return sent ? 'sent' : 'not_needed';
    },

    /**
     * Mails each reminder of expiring credits that is due at `at`, once: a refused address is final, everything else is
     * retried by the next runs for a day.
     */
    async remindOfCredits(at: Instant): Promise<CreditReminderReport> {
      const report: CreditReminderReport = { credit_reminders_sent: 0, credit_reminders_failed: 0 };
      if (transport === undefined) return report;
      const page = (after: ExpiringLot | undefined) => ledger.dueCreditReminders(at, PAGE, after);
      const credit_reminders = await duty(
        ledger,
        'credit_reminders',
        at,
        (run) => remindEach(run, { page, itemOf, remind: (reminder) => remind(run, reminder, report) }),
        MAIL_SERVER_IS_AWAY,
        isOfOneLetter,
      );
      return { ...report, duties: { credit_reminders } };
    },
  };

  async function remind(run: DutyRun, reminder: CreditReminder, report: CreditReminderReport): Promise<void> {
    const { lot_id, before, email } = reminder;
    report.credit_reminders_failed += 1;
    await run.try(itemOf(reminder), async () => {
      const letter = { kind: 'credit_reminder', subject: lot_id, which: before } as const;
      const written = { to: email, mail: creditReminderMail(reminder, publicUrl) };
      const outcome = await reminderOutcome(() => post.deliver(letter, run.at, async () => written));
      await ledger.noteCreditReminder(reminder, outcome, run.at);
      if (outcome !== 'sent') return;
      report.credit_reminders_failed -= 1;
      report.credit_reminders_sent += 1;
    });
    heartbeat(report);
  }
}

function itemOf({ lot_id, before }: CreditReminder): string {
  return `${lot_id}/${before}`;
}
