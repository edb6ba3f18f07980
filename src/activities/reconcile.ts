/** Holding ledger and Temporal together: what the ledger has open must run, and what is overdue must end. */
import { heartbeat, log } from '@temporalio/activity';
import type { AcceptedGift } from '../contracts/gift.ts';
import { giftWorkflowId } from '../contracts/gift.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failing } from './failure.ts';

/** The gifts' workflows, as Temporal tells of them. */
export type GiftRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Has processes look at the ledger again; best effort. */
  refresh(workflowIds: readonly string[]): Promise<void>;
  /** Starts the process of a gift that the ledger holds open; false when it has completed; harmless when it runs. */
  restart(gift: AcceptedGift): Promise<boolean>;
};

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

/** Which open gifts to look at: accepted between the two times, from the page `cursor` on. */
export type SweepRange = { after: string | undefined; before: string; cursor: string | undefined };
/** One stretch of a sweep; `cursor` is where the next one goes on, undefined at the end. */
export type Sweep = { checked: number; started: number; cursor: string | undefined };

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
    /** Starts the processes that are missing, a stretch of pages at a time. */
    async startMissingGifts({ after, before, cursor }: SweepRange): Promise<Sweep> {
      const sweep: Sweep = { checked: 0, started: 0, cursor };
      for (let page = 0; page < PAGES; page += 1) {
        const request = { limit: PAGE, cursor: sweep.cursor };
        const { data, next_cursor } = await failing(() => ledger.openGifts(before, request, after));
        sweep.started += await startMissing(data);
        sweep.checked += data.length;
        sweep.cursor = next_cursor ?? undefined;
        heartbeat(sweep);
        if (sweep.cursor === undefined) break;
      }
      return sweep;
    },

    /**
     * Advances the gifts whose deadline passed before `before` and that nothing advanced: their process is gone, or
     * waits for the end of a freeze that was lifted.
     */
    async advanceOverdueGifts({ before, at }: { before: string; at: string }): Promise<number> {
      let advanced = 0;
      for (;;) {
        const overdue = await failing(() => ledger.overdueGifts(before, OVERDUE));
        if (overdue.length === 0) return advanced;
        const gifts = await failing(() => ledger.advanceGifts(overdue, at));
        const moved = gifts.filter((gift) => gift.deadline === null || gift.deadline > at).length;
        advanced += moved;
        log.warn('Gifts were overdue', { overdue: overdue.length, moved });
        heartbeat(advanced);
        await tellProcesses(overdue.slice(0, TOLD));
        if (moved === 0 || overdue.length < OVERDUE) return advanced;
      }
    },

    /** Seals what was posted since the last block. */
    sealBlocks: (at: string): Promise<number> => failing(() => ledger.sealBlocks(at)),
  };

  async function startMissing(gifts: readonly AcceptedGift[]): Promise<number> {
    if (gifts.length === 0) return 0;
    const running = await runs.running(gifts.map((gift) => giftWorkflowId(gift.id)));
    const missing = gifts.filter((gift) => !running.has(giftWorkflowId(gift.id)));
    let started = 0;
    for (const gift of missing) if (await runs.restart(gift)) started += 1;
    if (started > 0) log.warn('Started processes that were missing', { started });
    return started;
  }

  /** A process that still waits learns that its gift has ended. */
  async function tellProcesses(giftIds: readonly string[]): Promise<void> {
    const running = await runs.running(giftIds.map(giftWorkflowId));
    heartbeat(running.size);
    await runs.refresh([...running]);
  }
}
