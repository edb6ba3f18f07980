/** Holding ledger and Temporal together: what the ledger has open must run, and what is overdue must end. */
import { heartbeat, log } from '@temporalio/activity';
import type { AcceptedGift } from '../contracts/gift.ts';
import { giftWorkflowId } from '../contracts/gift.ts';
import { acceptedGift } from '../contracts/gift-process.ts';
import type { Counted, DutyReports } from '../contracts/stuck-item.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type DutyRun, duty, halves } from './duty.ts';
import { heartbeating } from './heartbeating.ts';
import { scheduledAt } from './scheduled-at.ts';

/** The gifts' workflows, as Temporal tells of them. */
export type GiftRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Has processes look at the ledger again; best effort. */
  refresh(workflowIds: readonly string[]): Promise<void>;
  /** Starts the process of a gift that the ledger holds open; false when it has completed, unless that one is to be replaced too; harmless when it runs. */
  restart(gift: AcceptedGift, replacing?: 'completed'): Promise<boolean>;
};

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

/** Which open gifts to look at: accepted between the two times, from the page `cursor` on; and the time of the run. */
export type SweepRange = {
  after: string | undefined;
  before: string;
  cursor: string | undefined;
  at?: string;
};
/** One stretch of a sweep; `cursor` is where the next one goes on, undefined at the end, and where it could not go on. */
export type Sweep = {
  checked: number;
  started: number;
  cursor: string | undefined;
  duties?: DutyReports;
};

/** How many gifts one query to Temporal's visibility asks about. */
const PAGE = 100;
/** How many pages one activity checks: some seconds of work. */
const PAGES = 10;
/** How many overdue gifts are advanced in one call. */
const OVERDUE = 500;
/** How many processes of a call's gifts are told: with more at once, workers are behind and will see for themselves. */
const TOLD = 50;

export function reconcileActivities(ledger: Ledger, runs: GiftRuns) {
  return {
    /** Starts the processes that are missing, a stretch of pages at a time; first those that could not be started before. */
    async startMissingGifts({ after, before, cursor, at = scheduledAt() }: SweepRange): Promise<Sweep> {
      const sweep: Sweep = { checked: 0, started: 0, cursor };
      const gift_starts = await duty(ledger, 'gift_starts', at, async (run) => {
        if (cursor === undefined) sweep.started += await startAgain(run);
        for (let page = 0; page < PAGES; page += 1) {
          const request = { limit: PAGE, cursor: sweep.cursor };
          const { data, next_cursor } = await ledger.openGifts(before, request, after);
          sweep.started += await startMissing(run, data);
          sweep.checked += data.length;
          sweep.cursor = next_cursor ?? undefined;
          heartbeat(sweep);
          if (sweep.cursor === undefined) break;
        }
      });
      if (gift_starts.error !== undefined) sweep.cursor = undefined;
      return { ...sweep, duties: { gift_starts } };
    },

    /**
     * Advances the gifts whose deadline passed before `before` and that nothing advanced: their process is gone, or
     * waits for the end of a freeze that was lifted.
     */
    async advanceOverdueGifts({ before, at }: { before: string; at: string }): Promise<Counted> {
      let count = 0;
      const gift_ends = await duty(ledger, 'gift_ends', at, async (run) => {
        for (;;) {
          const overdue = await ledger.overdueGifts(before, OVERDUE, at);
          if (overdue.length === 0) return;
          const gifts = await halves(run, overdue, (ids) => ledger.advanceGifts(ids, at));
          const moved = gifts.filter((gift) => gift.deadline === null || gift.deadline > at).length;
          count += moved;
          log.warn('Gifts were overdue', { overdue: overdue.length, moved });
          heartbeat(count);
          await tellProcesses(overdue.slice(0, TOLD));
          if (gifts.length === overdue.length && (moved === 0 || overdue.length < OVERDUE)) return;
        }
      });
      return { count, duties: { gift_ends } };
    },

    /** Seals what was posted since the last block. */
    async sealBlocks(at: string): Promise<Counted> {
      let count = 0;
      const sealing = await duty(ledger, 'sealing', at, async (run) => {
        count = await heartbeating(() => ledger.sealBlocks(at));
        run.did(count);
      });
      return { count, duties: { sealing } };
    },
  };

  async function startMissing(run: DutyRun, gifts: readonly AcceptedGift[]): Promise<number> {
    if (gifts.length === 0) return 0;
    const running = await runs.running(gifts.map((gift) => giftWorkflowId(gift.id)));
    const missing = gifts.filter((gift) => !running.has(giftWorkflowId(gift.id)));
    let started = 0;
    for (const gift of missing) {
      if ((await run.try(gift.id, () => restart(gift))) === true) started += 1;
    }
    if (started > 0) log.warn('Started processes that were missing', { started });
    return started;
  }

  /** One that has completed though the ledger, asked after that, has it open, did so by mistake: it begins anew. */
  async function restart(gift: AcceptedGift): Promise<boolean> {
    if (await runs.restart(gift)) return true;
    const now = acceptedGift(await ledger.findGift(gift.id));
    return now !== undefined && (await runs.restart(now, 'completed'));
  }

  /** Those whose try is due again, however long ago they were accepted. */
  async function startAgain(run: DutyRun): Promise<number> {
    let started = 0;
    for (const id of run.dueAgain) {
      const restarted = await run.try(id, async () => {
        const gift = acceptedGift(await ledger.findGift(id));
        return gift !== undefined && (await restart(gift));
      });
      if (restarted === true) started += 1;
    }
    return started;
  }

  /** A process that still waits learns that its gift has ended. */
  async function tellProcesses(giftIds: readonly string[]): Promise<void> {
    const running = await runs.running(giftIds.map(giftWorkflowId));
    heartbeat(running.size);
    await runs.refresh([...running]);
  }
}
