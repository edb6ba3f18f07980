/** Starting the processes of gifts that the ledger holds open: those that never began, and those that are gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat, log } from '@temporalio/activity';
import type { AcceptedGift } from '../../contracts/gifts/gift.ts';
import { giftIdOf, giftWorkflowId } from '../../contracts/gifts/gift.ts';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import type { DutyReports } from '../../contracts/stuck-item.ts';
import { type GiftProcesses, hasProcess } from '../../domain/gift-processes.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type DutyRun, duty } from '../duty.ts';

/** The gifts' workflows, as Temporal reports them. */
export type GiftRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Ids of workflows of gifts of which a run ended at `since` or later, and not by having done its work; at most `limit`. */
  lost(since: Instant, limit: number): Promise<Set<string>>;
  /** Has processes look at the ledger again; best effort. */
  refresh(workflowIds: readonly string[]): Promise<void>;
  /** Starts the process of a gift that the ledger holds open; false when it has completed, unless that one is to be replaced too; harmless when it runs. */
  restart(gift: AcceptedGift, replacing?: 'completed'): Promise<boolean>;
};

/**
 * Where a walk through the open gifts goes on; `before`: when they were accepted at the latest; `since`: when processes may
 * have been lost, undefined where nobody has looked yet; and the time of the run.
 */
export type WalkRange = {
  cursor: string | undefined;
  before: Instant;
  since: Instant | undefined;
  at: Instant;
};
/** A part of a walk. `cursor` is where the next run goes on, undefined at the end. */
export type Walk = { walked: number; started: number; cursor: string | undefined; duties?: DutyReports };

/** How many gifts one query to Temporal's visibility asks about: it answers at most 1,000. */
export const PAGE = 900;
/** Between two queries, in milliseconds: a namespace may ask ten times a second by default, and others ask too. */
export const PAUSE = 150;
/** Pages of one part of a walk: five runs see 100,000 open gifts. */
const WALKED_PAGES = 25;
/** How long a part of a walk may take in milliseconds where much is to be started: less than half of its time-out. */
const WALKS_FOR = 120_000;
/** Processes started at once. */
const AT_ONCE = 10;

export type LostGiftActivities = ReturnType<typeof lostGiftActivities>;

/** @param processes which gifts have workflows of their own: only those can be lost */
export function lostGiftActivities(ledger: Ledger, runs: GiftRuns, processes: GiftProcesses = 'each') {
  const starts = giftStarts(ledger, runs);
  return {
    /**
     * Starts lost processes again, however long ago their gifts were accepted: those that Temporal reports as
     * terminated, failed or canceled since the last run; and those that a part of a walk through all open gifts
     * finds missing, because Temporal does not report them, after it was restored to an older point say.
     */
    async startLostGifts({ cursor, before, since, at }: WalkRange): Promise<Walk> {
      const walk: Walk = { walked: 0, started: 0, cursor };
      const end = performance.now() + WALKS_FOR;
      const lost_gifts = await duty(ledger, 'lost_gifts', at, async (run) => {
        walk.started += await starts.startAgain(run);
        if (since !== undefined) {
          const lost = [...(await runs.lost(since, PAGE))].map(giftIdOf).filter((id) => id !== undefined);
          const open = await ledger.openGiftsOf(lost);
          walk.started += await starts.startMissing(
            run,
            open.filter((gift) => hasProcess(processes, gift)),
          );
        }
        for (let page = 1; ; page += 1) {
          const { data, next_cursor } = await ledger.openGifts(
            before,
            { limit: PAGE, cursor: walk.cursor },
            undefined,
            'all',
            processes,
          );
          walk.started += await starts.startMissing(run, data);
          walk.walked += data.length;
          walk.cursor = next_cursor ?? undefined;
          heartbeat(walk);
          if (walk.cursor === undefined || page >= WALKED_PAGES || performance.now() > end) break;
          await sleep(PAUSE);
        }
      });
      return { ...walk, duties: { lost_gifts } };
    },
  };
}

/** Makes the duties of `reconcile` that start what is missing. */
export function giftStarts(ledger: Ledger, runs: GiftRuns) {
  return {
    /** Starts those of the gifts whose process does not run; answers how many. */
    async startMissing(run: DutyRun, gifts: readonly AcceptedGift[]): Promise<number> {
      if (gifts.length === 0) return 0;
      const running = await runs.running(gifts.map((gift) => giftWorkflowId(gift.id)));
      const missing = gifts.filter((gift) => !running.has(giftWorkflowId(gift.id)));
      let started = 0;
      for (let first = 0; first < missing.length; first += AT_ONCE) {
        const some = missing.slice(first, first + AT_ONCE);
        const tried = await Promise.allSettled(some.map((gift) => run.try(gift.id, () => restart(gift))));
        started += tried.filter((one) => one.status === 'fulfilled' && one.value === true).length;
        heartbeat(started);
        const gaveUp = tried.find((one) => one.status === 'rejected');
        if (gaveUp !== undefined) throw gaveUp.reason;
      }
      if (started > 0) log.warn('Started processes that were missing', { started });
      return started;
    },

    /** Those whose try is due again, however long ago they were accepted. */
    async startAgain(run: DutyRun): Promise<number> {
      let started = 0;
      for (const id of run.dueAgain) {
        const restarted = await run.try(id, async () => {
          const gift = acceptedGift(await ledger.findGift(id));
          return gift !== undefined && (await restart(gift));
        });
        if (restarted === true) started += 1;
      }
      return started;
    },
  };

  /** One that has completed though the ledger, asked after that, has it open, did so by mistake: it begins again. */
  async function restart(gift: AcceptedGift): Promise<boolean> {
    if (await runs.restart(gift)) return true;
    const now = acceptedGift(await ledger.findGift(gift.id));
    return now !== undefined && (await runs.restart(now, 'completed'));
  }
}
