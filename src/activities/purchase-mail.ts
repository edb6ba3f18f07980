/** Mails about purchases. No address leaves this file except to the mail server. */
import { heartbeat, log } from '@temporalio/activity';
import type { MailOutcome } from '../contracts/referral.ts';
import type { CreditReminderReport } from '../contracts/temporal.ts';
import type { CreditReminder, ExpiringLot } from '../ledger/credit-reminders.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Purchases } from '../ledger/purchases.ts';
import type { Refunds } from '../ledger/refunds.ts';
import type { ReminderOutcome } from '../ledger/reset-reminders.ts';
import { type DutyLedger, type DutyRun, duty } from './duty.ts';
import { failing } from './failure.ts';
import type { MailDependencies } from './mail.ts';
import { withoutAddress } from './mail-failure.ts';
import { creditReminderMail, purchaseMail, refundMail } from './purchase-letters.ts';

type PurchaseMailDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Pick<Ledger, 'findAccount'> &
    Pick<Purchases, 'findPurchase' | 'dueCreditReminders' | 'noteCreditReminder'> &
    Pick<Refunds, 'findRefund'> &
    DutyLedger;
};

export type PurchaseMailActivities = ReturnType<typeof purchaseMailActivities>;

const PAGE = 100;
/** A mail server that takes none of so many mails in a row is away: the next run tries again. */
const GIVE_UP_AFTER = 5;

export function purchaseMailActivities({ ledger, transport, from, publicUrl }: PurchaseMailDependencies) {
  return {
    /** Mails that a purchase was paid, or that a top-up was not; nothing about a page that nobody paid on. */
    async sendPurchaseMail(purchaseId: string): Promise<MailOutcome> {
      if (transport === undefined) return 'not_needed';
      const purchase = await failing(() => ledger.findPurchase(purchaseId));
      const mail = purchaseMail(purchase, publicUrl);
      const { email } = await failing(() => ledger.findAccount(purchase.account_id));
      if (mail === undefined || email === null) return 'not_needed';
      try {
        await transport.sendMail({ ...mail, from, to: email });
      } catch (error) {
        throw withoutAddress(error);
      }
      return 'sent';
    },

    /** Mails that the money of a refund goes back; nothing about one that failed, for what it took is there again. */
    async sendRefundMail(refundId: string): Promise<MailOutcome> {
      if (transport === undefined) return 'not_needed';
      const refund = await failing(() => ledger.findRefund(refundId));
      const { email } = await failing(() => ledger.findAccount(refund.account_id));
      if (refund.status !== 'succeeded' || email === null) return 'not_needed';
      const purchase = await failing(() => ledger.findPurchase(refund.purchase_id));
      try {
        await transport.sendMail({ ...refundMail(refund, purchase, publicUrl), from, to: email });
      } catch (error) {
        throw withoutAddress(error);
      }
      return 'sent';
    },

    /**
     * Mails each reminder of expiring credits that is due at `at`, once: a refused address is final, everything else is
     * tried again by the next runs for a day.
     */
    async remindOfCredits(at: string): Promise<CreditReminderReport> {
      const report: CreditReminderReport = { credit_reminders_sent: 0, credit_reminders_failed: 0 };
      if (transport === undefined) return report;
      const credit_reminders = await duty(
        ledger,
        'credit_reminders',
        at,
        async (run) => {
          let next: ExpiringLot | undefined;
          do {
            const page = await ledger.dueCreditReminders(at, PAGE, next);
            next = page.next;
            for (const reminder of page.due) await remind(run, reminder, report);
          } while (next !== undefined);
        },
        GIVE_UP_AFTER,
      );
      return { ...report, duties: { credit_reminders } };
    },
  };

  async function remind(run: DutyRun, reminder: CreditReminder, report: CreditReminderReport): Promise<void> {
    const item = `${reminder.lot_id}/${reminder.before}`;
    if (run.isAside(item)) return;
    report.credit_reminders_failed += 1;
    await run.try(item, async () => {
      const outcome = await mail(reminder);
      await ledger.noteCreditReminder(reminder, outcome, run.at);
      if (outcome !== 'sent') return;
      report.credit_reminders_failed -= 1;
      report.credit_reminders_sent += 1;
    });
    heartbeat(report);
  }

  /** What became of the mail. Rejects when it may be tried again. */
  async function mail(reminder: CreditReminder): Promise<ReminderOutcome> {
    const { email: to } = reminder;
    if (to === undefined) throw new Error('The address cannot be read: it was sealed with another key.');
    try {
      await transport?.sendMail({ ...creditReminderMail(reminder, publicUrl), from, to });
      return 'sent';
    } catch (error) {
      const failure = withoutAddress(error);
      log.warn('A reminder was not taken', { lot: reminder.lot_id, message: failure.message });
      if (failure.type === 'mail_refused') return 'refused';
      throw failure;
    }
  }
}
