/** Letting time pass: the clock jumps from deadline to deadline, and at each one what is due is waited for. */
import type { Client } from '@temporalio/client';
import { giftWorkflowId } from '../contracts/gift.ts';
import { EXPIRY_WORKFLOW, TASK_QUEUE } from '../contracts/temporal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { giftRuns } from '../temporal/gift-runs.ts';
import { invoiceEndedMonths, nextInvoiceStop } from './due-invoices.ts';
import { nextPurchaseStop, settlePurchases } from './due-purchases.ts';
import { claimDueRewards, nextRewardStop } from './due-rewards.ts';
import type { HarnessWorker } from './harness-worker.ts';
import { elapsed, pause, type TestClock } from './test-clock.ts';

/** How long work that is due may really take on a busy machine. */
const PATIENCE_MS = 20_000;
/** Gifts that fall due so close to each other are waited for at one stop: many are often accepted at once. */
const TOGETHER_MS = 1_000;
const MOST_TOGETHER = 1_000;
/** A gift that is still due after so much real time, with a worker that has nothing to do, is not being seen to. */
const ASLEEP_AFTER_MS = 1_000;

export type Traveller = {
  clock: TestClock;
  ledger: Ledger;
  temporal: Client;
  worker: HarnessWorker;
};

/** Moves to the moment; what falls due before it has happened, each thing at its own time, when this resolves. */
export async function travelTo(target: Date, traveller: Traveller): Promise<void> {
  const { clock, worker } = traveller;
  let sweptTo = clock.now();
  for (;;) {
    // A process that has just been woken must have set its next timer before the clock goes on.
    await worker.untilQuiet();
    const resets = await nextResetStop(sweptTo, target, traveller.ledger);
    const rewards = await nextRewardStop(target, traveller.ledger);
    const invoices = await nextInvoiceStop(target, traveller);
    const sooner = earlier(earlier(await nextStop(target, traveller.ledger), resets), rewards);
    const purchases = await nextPurchaseStop(target, traveller);
    const stop = earlier(earlier(sooner, invoices), purchases);
    await clock.jumpTo(stop ?? target);
    await untilNothingIsDue(traveller);
    await claimDueRewards(traveller);
    await invoiceEndedMonths(traveller);
    await settlePurchases(traveller);
    if (stop === undefined) break;
    if (resets !== undefined && resets <= clock.now()) {
      sweptTo = clock.now();
      await postExpiries(traveller);
    }
  }
  await postExpiries(traveller);
  await worker.untilQuiet();
}

/** The next moment before `target` at which time changes gifts; those of one second are one stop. */
async function nextStop(target: Date, ledger: Ledger): Promise<Date | undefined> {
  const [soonest] = await ledger.overdueGifts(target.toISOString(), 1);
  const deadline = await deadlineOf(soonest, ledger);
  if (deadline === undefined) return undefined;
  const together = new Date(Math.min(deadline.getTime() + TOGETHER_MS, target.getTime()));
  const ids = await ledger.overdueGifts(together.toISOString(), MOST_TOGETHER);
  return (await deadlineOf(ids.at(-1), ledger)) ?? deadline;
}

/** The next moment from `sweptTo` to before `target` at which time changes banked resets, or reminds of them. */
async function nextResetStop(sweptTo: Date, target: Date, ledger: Ledger): Promise<Date | undefined> {
  const moment = await ledger.nextResetMoment(sweptTo.toISOString());
  return moment === undefined || new Date(moment) >= target ? undefined : new Date(moment);
}

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one === undefined || (other !== undefined && other < one) ? other : one;
}

async function deadlineOf(giftId: string | undefined, ledger: Ledger): Promise<Date | undefined> {
  if (giftId === undefined) return undefined;
  const { deadline } = await ledger.findGift(giftId);
  return deadline === null ? undefined : new Date(deadline);
}

/** The server's clock has arrived before the work that it woke is done. */
async function untilNothingIsDue(traveller: Traveller): Promise<void> {
  const { clock, ledger, worker } = traveller;
  const now = clock.now().toISOString();
  const began = elapsed();
  for (;;) {
    const due = await ledger.overdueGifts(now, 10);
    if (due.length === 0) return;
    const waited = elapsed() - began;
    if (waited > PATIENCE_MS) {
      throw new Error(`Gifts are due and nothing happens to them: ${due.join(', ')}`);
    }
    await worker.untilQuiet();
    if (waited > ASLEEP_AFTER_MS) await reconcile(due, now, traveller);
    else await pause(5);
  }
}

/**
 * What the schedule `boon-reconcile` does within minutes to gifts whose process is gone, or sleeps past a deadline
 * that was brought forward: the end of a freeze does that.
 */
async function reconcile(due: readonly string[], now: string, traveller: Traveller): Promise<void> {
  const { ledger, temporal, clock } = traveller;
  await ledger.advanceGifts(due, now);
  await giftRuns(temporal, TASK_QUEUE, () => clock.now()).refresh(due.map(giftWorkflowId));
}

/** What the schedule `boon-expiry` does every few minutes; the time-skipping server has no schedules. */
async function postExpiries({ temporal, clock }: Traveller): Promise<void> {
  await temporal.workflow.execute(EXPIRY_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: `boon-expiry-${clock.now().toISOString()}`,
    args: [],
  });
}
