/** What a billing cycle does to the ledger, the provider and the mail, and the sweep that starts missing ones. */
import { heartbeat, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type BillingMonthOf,
  type BillingMonthStanding,
  billingCycleWorkflowId,
  type Invoice,
  type InvoiceNotice,
} from '../../contracts/billing/invoice.ts';
import type { Payments } from '../../contracts/purchases/payments.ts';
import type { Counted } from '../../contracts/stuck-item.ts';
import type { InvoiceId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Billing } from '../../ledger/billing/billing.ts';
import { type DutyLedger, duty } from '../duty.ts';
import { failing } from '../failure.ts';
import { letterWriters } from '../letter-writers.ts';
import type { MailDependencies } from '../mail.ts';
import { makePost } from '../post.ts';
import { attemptAt, scheduledAt } from '../scheduled-at.ts';
import { keepProviderInvoice } from './provider-invoice.ts';

/** Billing cycles' workflows, as Temporal reports them. */
export type BillingRuns = {
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Harmless when it runs. */
  start(month: BillingMonthOf): Promise<void>;
};

type BillingDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Billing & MailDependencies['ledger'] & DutyLedger;
  runs: BillingRuns;
  payments: Payments | undefined;
};

export type BillingActivities = ReturnType<typeof billingActivities>;

/** How many one query to Temporal's visibility asks about. */
const PAGE = 100;

export function billingActivities({
  ledger,
  runs,
  payments,
  transport,
  from,
  publicUrl,
}: BillingDependencies) {
  const post = makePost({ ledger, transport, from });
  const writers = letterWriters({ ledger, publicUrl });
  return {
    closeBillingMonth: (month: Omit<BillingMonthOf, 'ends_at'>, at: Instant): Promise<Invoice> =>
      failing(() => ledger.closeBillingMonth(month, at)),

    /** How the ledger has the month. */
    readBillingMonth: (month: Omit<BillingMonthOf, 'ends_at'>): Promise<BillingMonthStanding> =>
      failing(() => ledger.billingMonth(month)),

    /**
     * Brings the provider in line with the ledger: it collects the money of an invoice while that is open, and learns
     * of its corrections. False where it does not collect it.
     */
    collectInvoice: (id: InvoiceId, at: Instant): Promise<boolean> =>
      failing(() => keepProviderInvoice({ ledger, payments }, id, at)),

    /** Mails the invoice to the organisation's address, and notes what happened to that. */
    async mailInvoice(id: InvoiceId, at: Instant): Promise<InvoiceNotice> {
      const known = (await failing(() => ledger.findInvoice(id))).notice;
      const notice = known ?? (await send(id, attemptAt(at)));
      await failing(() => ledger.noteInvoiceNotice(id, notice, at));
      return notice;
    },

    /** Notes that the mail was tried for long enough. */
    async giveUpMail(id: InvoiceId, at: Instant): Promise<InvoiceNotice> {
      await failing(() => ledger.noteInvoiceNotice(id, 'failed', at));
      return 'failed';
    },

    /** Starts the processes of billing months that are not finished and that Temporal does not run. */
    async startMissingCycles(at: Instant = scheduledAt()): Promise<Counted> {
      let count = 0;
      const billing_cycles = await duty(ledger, 'billing_cycles', at, async (run) => {
        let cursor: string | undefined;
        do {
          const request = { limit: PAGE, cursor };
          const { data, next_cursor } = await ledger.unfinishedBillingMonths(request);
          const ids = data.map(({ account_id, month }) => billingCycleWorkflowId(account_id, month));
          const running = ids.length === 0 ? new Set<string>() : await runs.running(ids);
          for (const month of data) {
            if (running.has(billingCycleWorkflowId(month.account_id, month.month))) continue;
            await run.try(`${month.account_id}/${month.month}`, async () => {
              await runs.start(month);
              count += 1;
            });
          }
          heartbeat(count);
          cursor = next_cursor ?? undefined;
        } while (cursor !== undefined);
      });
      if (count > 0) log.info('Started billing cycles', { started: count });
      return { count, duties: { billing_cycles } };
    },
  };

  async function send(id: InvoiceId, at: Instant): Promise<InvoiceNotice> {
    if (transport === undefined) return 'mail_off';
    const letter = { kind: 'invoice', subject: id } as const;
    try {
      return (await post.deliver(letter, at, () => writers.invoice(letter, at))) ? 'sent' : 'no_address';
    } catch (error) {
      if (error instanceof ApplicationFailure && error.type === 'mail_refused') return 'refused';
      throw error;
    }
  }
}
