/** A refund's money as its process sees it, and holding the ledger's refunds and their processes together. */
import { heartbeat, log } from '@temporalio/activity';
import type { Payments } from '../../contracts/purchases/payments.ts';
import {
  REFUND_ASKED_AFTER_FOR_MS,
  type Refund,
  type RefundNews,
  type RefundProgress,
  refundProgress,
  refundWorkflowId,
} from '../../contracts/purchases/refund.ts';
import type { RefundId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Refunds } from '../../ledger/purchases/refunds.ts';
import type { DutyRun } from '../duty.ts';
import { failing } from '../failure.ts';

/** Refunds' workflows, as Temporal reports them. */
export type RefundRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Starts the process of a pending refund; false when it has completed, unless that one is to be replaced too; harmless when it runs. */
  restart(refund: Refund, replacing?: 'completed'): Promise<boolean>;
};

type Dependencies = {
  ledger: Refunds;
  /** Undefined: no provider is configured, and no money goes back. */
  payments: Payments | undefined;
};

export type RefundActivities = ReturnType<typeof refundActivities>;

const PAGE = 100;

/** Makes the activities of refunds. */
export function refundActivities({ ledger, payments }: Dependencies) {
  return {
    /** Has the provider send the money, once however often it is asked, and the ledger note what came of it. */
    sendRefund: (refundId: RefundId, at: Instant): Promise<RefundProgress> =>
      failing(async () => {
        const refund = await ledger.findRefund(refundId);
        if (refund.status !== 'pending') return refundProgress(refund);
        const heard = await ledger.hearOfRefund(await sent(refund, at));
        return refundProgress(heard?.refund ?? refund);
      }),

    /** How the ledger has a refund. */
    readRefund: (refundId: RefundId): Promise<RefundProgress> =>
      failing(async () => refundProgress(await ledger.findRefund(refundId))),
  };

  async function sent(refund: Refund, at: Instant): Promise<RefundNews> {
    const failed = { at, refund_id: refund.id, status: 'failed' } as const;
    if (payments === undefined) return { ...failed, reason_code: 'payments_off' };
    const paymentId = await ledger.refundedPayment(refund.id);
    if (paymentId === undefined) return { ...failed, reason_code: 'payment_unknown' };
    return await payments.refund(refundProgress(refund), paymentId, at);
  }
}

/** Starts the processes of pending refunds that are missing; how many those were. */
export async function startMissingRefunds(
  run: DutyRun,
  ledger: Refunds,
  runs: RefundRuns,
  before: Instant,
): Promise<number> {
  /**
   * One that has completed though the ledger, asked after that, still waits, did so by mistake: it starts again. Unless
   * it has asked after the money for as long as it does: then only the provider's message counts.
   */
  async function startAgain(refund: Refund): Promise<boolean> {
    if (await runs.restart(refund)) return true;
    if (Date.parse(refund.created_at) + REFUND_ASKED_AFTER_FOR_MS <= Date.parse(run.at)) return false;
    const now = await ledger.findRefund(refund.id);
    return now.status === 'pending' && (await runs.restart(now, 'completed'));
  }
  let started = 0;
  let cursor: string | undefined;
  do {
    const page = await ledger.pendingRefunds(before, { limit: PAGE, cursor });
    const ids = page.data.map(({ id }) => refundWorkflowId(id));
    const running = ids.length === 0 ? new Set() : await runs.running(ids);
    for (const refund of page.data) {
      if (running.has(refundWorkflowId(refund.id))) continue;
      if ((await run.try(refund.id, () => startAgain(refund))) === true) started += 1;
    }
    cursor = page.next_cursor ?? undefined;
    heartbeat(started);
  } while (cursor !== undefined);
  if (started > 0) log.warn('Refunds had lost their processes', { started });
  return started;
}
