/** A purchase's payment as its process sees it, and holding the ledger's purchases and their processes together. */
import { randomBytes } from 'node:crypto';
import { heartbeat, log } from '@temporalio/activity';
import type { Payments } from '../../contracts/purchases/payments.ts';
import {
  type PaymentNews,
  type Purchase,
  type PurchaseProgress,
  purchaseProgress,
  purchaseWorkflowId,
} from '../../contracts/purchases/purchase.ts';
import type { PurchaseSweepReport } from '../../contracts/temporal.ts';
import type { AccountId, PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { orderedId } from '../../domain/ordered-id.ts';
import type { Purchases } from '../../ledger/purchases/purchases.ts';
import type { Refunds } from '../../ledger/purchases/refunds.ts';
import { type DutyLedger, type DutyRun, duty } from '../duty.ts';
import { failing } from '../failure.ts';
import { type RefundRuns, startMissingRefunds } from './refund.ts';

/** Purchases' workflows, as Temporal reports them. */
export type PurchaseRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Starts the process of an open purchase; false when it has completed, unless that one is to be replaced too; harmless when it runs. */
  restart(purchase: Purchase, replacing?: 'completed'): Promise<boolean>;
};

type Dependencies = {
  ledger: Purchases & Refunds & DutyLedger;
  runs: PurchaseRuns;
  refundRuns: RefundRuns;
  /** Undefined: no provider is configured, and nothing is charged. */
  payments: Payments | undefined;
};

/** Purchases that wait since before `before`, and those that were paid from `since` on; left out: within a day. */
export type PurchaseSweep = { since?: Instant | undefined; before: Instant; at: Instant };

export type PurchaseActivities = ReturnType<typeof purchaseActivities>;

const PAGE = 100;

export function purchaseActivities({ ledger, runs, refundRuns, payments }: Dependencies) {
  return {
    /** Charges the stored card for a top-up, if its owner still consents. Repeated after a crash it charges once. */
    chargeTopUp: (purchaseId: PurchaseId, at: Instant): Promise<PurchaseProgress> =>
      failing(async () => {
        const purchase = await ledger.findPurchase(purchaseId);
        if (purchase.status !== 'open') return purchaseProgress(purchase);
        return await told(purchase, await charged(purchase, at));
      }),

    /**
     * Asks the provider what happened to a purchase whose time is over. @param last whether a bank that has not answered is
     * waited for no longer; a payment that arrives after that counts all the same.
     */
    settlePurchase: (purchaseId: PurchaseId, at: Instant, last: boolean): Promise<PurchaseProgress> =>
      failing(async () => {
        const purchase = await ledger.findPurchase(purchaseId);
        if (purchase.status !== 'open') return purchaseProgress(purchase);
        const expired = { at, purchase_id: purchase.id, said: 'expired' } as const;
        const nobodyToAsk = payments === undefined || purchase.kind === 'top_up';
        const news = nobodyToAsk ? expired : await payments.closeCheckout(purchase, at);
        const standing = await told(purchase, news ?? (last ? expired : undefined));
        // Its page was paid, but not with its price, which is a case: nobody can pay there any more.
        const isMisfit = news?.said === 'paid' && standing.status === 'open';
        return isMisfit ? await told(purchase, expired) : standing;
      }),

    /**
     * Closes the page of a purchase that nobody has paid, whose time thereby is over. Where somebody has paid it is paid; where
     * the bank has not answered yet, and for a charge of a stored card, it stays open.
     */
    closePurchase: (purchaseId: PurchaseId, at: Instant): Promise<PurchaseProgress> =>
      failing(async () => {
        const purchase = await ledger.findPurchase(purchaseId);
        if (purchase.status !== 'open' || purchase.kind === 'top_up') return purchaseProgress(purchase);
        const canceled = { at, purchase_id: purchase.id, said: 'expired', reason_code: 'canceled' } as const;
        const news =
          payments === undefined
            ? canceled
            : await payments.closeCheckout({ ...purchase, expires_at: at }, at);
        const standing = await told(purchase, news?.said === 'expired' ? canceled : news);
        const isMisfit = news?.said === 'paid' && standing.status === 'open';
        return isMisfit ? await told(purchase, canceled) : standing;
      }),

    /** How the ledger has a purchase, and its open case. */
    readPurchase: (purchaseId: PurchaseId): Promise<PurchaseProgress> =>
      failing(async () => {
        const purchase = await ledger.findPurchase(purchaseId);
        const opened = await openCase(purchase);
        return { ...purchaseProgress(purchase), ...(opened === undefined ? {} : { case: opened }) };
      }),

    /** Starts the processes that are missing, those of refunds too, and the top-ups that are due; each by itself. */
    async sweepPurchases({ since, before, at }: PurchaseSweep): Promise<PurchaseSweepReport> {
      const report: PurchaseSweepReport = {
        started: 0,
        topped_up: 0,
        refunds_started: 0,
        letters_started: 0,
      };
      const purchases = await duty(ledger, 'purchases', at, async (run) => {
        await startMissing(run, before, report);
        const dayBefore = new Date(Date.parse(before) - 86_400_000).toISOString();
        await startUntold(run, since ?? dayBefore, before, report);
      });
      const refunds = await duty(ledger, 'refunds', at, async (run) => {
        report.refunds_started = await startMissingRefunds(run, ledger, refundRuns, before);
      });
      const top_ups =
        payments === undefined ? undefined : await duty(ledger, 'top_ups', at, (run) => topUp(run, report));
      if (report.started > 0) log.warn('Purchases had lost their processes', report);
      return { ...report, duties: { purchases, refunds, ...(top_ups === undefined ? {} : { top_ups }) } };
    },
  };

  /** One that was paid before its process could begin has its letter still to come. One that has completed stays so. */
  async function startUntold(
    run: DutyRun,
    since: Instant,
    before: Instant,
    report: PurchaseSweepReport,
  ): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await ledger.paidPurchases(since, before, { limit: PAGE, cursor });
      for (const missing of await notRunning(page.data)) {
        const started = await run.try(missing.id, () => runs.restart(missing), 0);
        if (started === true) report.letters_started = (report.letters_started ?? 0) + 1;
      }
      cursor = page.next_cursor ?? undefined;
      heartbeat(report);
    } while (cursor !== undefined);
  }

  async function startMissing(run: DutyRun, before: Instant, report: PurchaseSweepReport): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await ledger.openPurchases(before, { limit: PAGE, cursor });
      for (const missing of await notRunning(page.data)) {
        if ((await run.try(missing.id, () => startAgain(missing))) === true) report.started += 1;
      }
      cursor = page.next_cursor ?? undefined;
      heartbeat(report);
    } while (cursor !== undefined);
  }

  /** One that has completed though the ledger, asked after that, still waits, did so by mistake: it starts again. */
  async function startAgain(purchase: Purchase): Promise<boolean> {
    if (await runs.restart(purchase)) return true;
    const now = await ledger.findPurchase(purchase.id);
    return now.status === 'open' && (await runs.restart(now, 'completed'));
  }

  async function openCase({ id, account_id }: Purchase): Promise<PurchaseProgress['case']> {
    const { data } = await ledger.listPaymentCases({ status: 'open', account_id }, { limit: PAGE });
    const found = data.find(({ purchase_id }) => purchase_id === id);
    return found && { id: found.id, reason_code: found.reason_code };
  }

  async function topUp(run: DutyRun, report: PurchaseSweepReport): Promise<void> {
    let after: AccountId | undefined;
    do {
      const due = await ledger.dueTopUps(run.at, PAGE, after);
      for (const account of due) {
        const begun = await run.try(account, async () => {
          const id = orderedId('pur', Date.parse(run.at), randomBytes(10));
          const purchase = await ledger.beginTopUp(account, id, run.at);
          if (purchase !== undefined) await runs.restart(purchase);
          return purchase !== undefined;
        });
        if (begun === true) report.topped_up += 1;
      }
      heartbeat(report);
      after = due.length === PAGE ? due.at(-1) : undefined;
    } while (after !== undefined);
  }

  async function charged(purchase: Purchase, at: Instant): Promise<PaymentNews | undefined> {
    const failed = { at, purchase_id: purchase.id, said: 'failed' } as const;
    if (payments === undefined) return { ...failed, reason_code: 'payments_off' };
    const customer = await ledger.topUpCustomer(purchase.id);
    if (customer === undefined) return { ...failed, reason_code: 'consent_withdrawn' };
    return await payments.charge(purchase, customer, at);
  }

  /** Has the ledger note the news; without any the purchase stays as it is. */
  async function told(purchase: Purchase, news: PaymentNews | undefined): Promise<PurchaseProgress> {
    const heard = news && (await ledger.hearOfPayment(news));
    return purchaseProgress(heard?.purchase ?? purchase);
  }

  async function notRunning(purchases: readonly Purchase[]): Promise<Purchase[]> {
    if (purchases.length === 0) return [];
    const running = await runs.running(purchases.map(({ id }) => purchaseWorkflowId(id)));
    return purchases.filter(({ id }) => !running.has(purchaseWorkflowId(id)));
  }
}
