/** Holding ledger and Temporal together: what the ledger has open must run, and what is overdue must end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat, log } from '@temporalio/activity';
import { giftWorkflowId } from '../contracts/gifts/gift.ts';
import type { Counted, DutyReports } from '../contracts/stuck-item.ts';
import type { GiftProcesses } from '../domain/gift-processes.ts';
import type { GiftId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type DutyRun, duty, halves } from './duty.ts';
import { type GiftRuns, giftStarts, PAGE, PAUSE } from './gifts/gift-starts.ts';
import { scheduledAt } from './scheduled-at.ts';

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

/** Which open gifts to look at: accepted between the two times, from the page `cursor` on; and the time of the run. */
export type SweepRange = {
  after: Instant | undefined;
  before: Instant;
  cursor: string | undefined;
  at?: Instant;
};
/** One stretch of a sweep; `cursor` is where the next one goes on, undefined at the end, and where it could not go on. */
export type Sweep = {
  checked: number;
  started: number;
  cursor: string | undefined;
  duties?: DutyReports;
};

/** How many pages one activity checks: some seconds of work. */
const PAGES = 10;
/** How long one run seals, in milliseconds: less than half of its time-out. */
const SEALS_FOR = 120_000;
/** How many overdue gifts are advanced in one call. */
const OVERDUE = 500;
/** How many processes of a call's gifts are signaled: with more at once, workers are behind and will see for themselves. */
const TOLD = 50;

/** @param processes which gifts have workflows of their own: only theirs are missing when they do not run */
export function reconcileActivities(ledger: Ledger, runs: GiftRuns, processes: GiftProcesses = 'each') {
  const starts = giftStarts(ledger, runs);
  return {
    /**
     * Starts the processes that are missing of gifts accepted since `after`, a stretch of pages at a time; first those that
     * could not be started before.
     */
    async startMissingGifts({ after, before, cursor, at = scheduledAt() }: SweepRange): Promise<Sweep> {
      const sweep: Sweep = { checked: 0, started: 0, cursor };
      const gift_starts = await duty(ledger, 'gift_starts', at, async (run) => {
        if (cursor === undefined) {
          sweep.started += await starts.startAgain(run);
          if (after !== undefined) await ledger.forgetGiftStarts(after);
        }
        // The ledger knows which new ones were started; a check of all does not rely on that.
        const which = after === undefined ? 'all' : 'not started';
        for (let page = 0; page < PAGES; page += 1) {
          const request = { limit: PAGE, cursor: sweep.cursor };
          const { data, next_cursor } = await ledger.openGifts(before, request, after, which, processes);
          sweep.started += await starts.startMissing(run, data);
          if (after !== undefined) await noteStarted(run, data);
          sweep.checked += data.length;
          sweep.cursor = next_cursor ?? undefined;
          heartbeat(sweep);
          if (sweep.cursor === undefined) break;
          await sleep(PAUSE);
        }
      });
      if (gift_starts.error !== undefined) sweep.cursor = undefined;
      return { ...sweep, duties: { gift_starts } };
    },

    /**
     * Advances the gifts whose deadline passed before `before` and that nothing advanced: their process is gone, or
     * waits for the end of a freeze that was lifted.
     */
    async advanceOverdueGifts({ before, at }: { before: Instant; at: Instant }): Promise<Counted> {
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

    /** Seals what was posted since the last block, a block at a time; after some minutes the next run does the rest. */
    async sealBlocks(at: Instant): Promise<Counted> {
      let count = 0;
      const sealing = await duty(ledger, 'sealing', at, async (run) => {
        const end = performance.now() + SEALS_FOR;
        await ledger.sealBlocks(at, (blocks) => {
          count = blocks;
          run.did(1);
          heartbeat(blocks);
          return performance.now() < end;
        });
      });
      return { count, duties: { sealing } };
    },
  };

  /** The next run's sweep overlaps with this one. */
  async function noteStarted(run: DutyRun, gifts: readonly { id: string }[]): Promise<void> {
    const there = gifts.map(({ id }) => id).filter((id) => !run.isAside(id));
    await ledger.noteGiftStarts(there, run.at);
  }

  /** A process that still waits learns that its gift has ended. */
  async function tellProcesses(giftIds: readonly GiftId[]): Promise<void> {
    const running = await runs.running(giftIds.map(giftWorkflowId));
    heartbeat(running.size);
    await runs.refresh([...running]);
  }
}
