/** Settling quiet gifts together, where they have no workflows of their own (`BOON_GIFT_PROCESSES=batched`). */
import { heartbeat, log } from '@temporalio/activity';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import { WHOLE_DUTY } from '../../contracts/stuck-item.ts';
import type { Settled } from '../../contracts/temporal.ts';
import type { GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { DueGifts, SenderPart } from '../../ledger/gifts/due-gifts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type DutyLedger, type DutyRun, duty, halves } from '../duty.ts';
import { heartbeating } from '../heartbeating.ts';
import type { GiftRuns } from './gift-starts.ts';

export type SettlementActivities = ReturnType<typeof settlementActivities>;

/** Gifts of one page: one look at the ledger, and some of its batches. */
const PAGE = 500;
/** After this many milliseconds the rest is left to the next run, which begins within ten seconds. */
const SETTLES_FOR = 60_000;

type SettlementLedger = Pick<Ledger, 'advanceGiftPage' | 'findGift'> & DueGifts & DutyLedger;

export function settlementActivities(ledger: SettlementLedger, runs: Pick<GiftRuns, 'restart'>) {
  return {
    /**
     * Settles what is due of the senders of one part, page by page. A gift that cannot be settled is put aside, and
     * one that stays open, held by a freeze, gets a workflow.
     */
    async settleDueGifts({ at, ...senders }: { at: Instant } & SenderPart): Promise<Settled> {
      const report = { settled: 0, failed: 0 };
      const began = performance.now();
      // What becomes due meanwhile is settled too: under load a run hardly ends before the next one would begin.
      const moment = () => new Date(Date.parse(at) + performance.now() - began).toISOString();
      const settle = async (run: DutyRun) => {
        while (performance.now() - began < SETTLES_FOR) {
          const now = moment();
          const due = await ledger.dueGifts(now, PAGE, senders);
          const failedBefore = run.failed;
          const gifts = await halves(run, due, (ids) => ledger.advanceGiftPage(ids, now));
          report.settled += gifts.filter(({ status }) => status === 'settled').length;
          report.failed += run.failed - failedBefore;
          heartbeat(report);
          const ended = new Set(gifts.filter(({ deadline }) => deadline === null).map(({ id }) => id));
          await openAlone(due.filter((id) => !ended.has(id)));
          // What does not move need not be looked at again.
          const moved = gifts.some(({ deadline }) => deadline === null || deadline > now);
          if (due.length < PAGE || !moved) break;
        }
      };
      const settlements = await heartbeating(() => duty(ofPart(ledger, senders), 'settlements', at, settle));
      const oldest = await ledger.oldestDueGift(at, senders).catch(() => undefined);
      return { ...report, oldest_due: oldest ?? null, duties: { settlements } };
    },
  };

  /** What is not over gets a workflow of its own, which operators see and act on; where that fails, `reconcile` starts it. */
  async function openAlone(ids: readonly GiftId[]): Promise<void> {
    for (const id of ids) {
      const gift = acceptedGift(await ledger.findGift(id));
      if (gift === undefined) continue;
      try {
        await runs.restart(gift);
      } catch (error) {
        log.warn('A gift that was not settled has no workflow yet', { gift: gift.id, error: String(error) });
      }
    }
  }
}

/** Of what is stuck only what belongs to the part: each part forgets what it has done, and nothing else. */
function ofPart(ledger: SettlementLedger, senders: SenderPart): DutyLedger {
  return {
    putAside: (...args) => ledger.putAside(...args),
    forgetStuck: (...args) => ledger.forgetStuck(...args),
    async stuckItemsOf(what) {
      const stuck = await ledger.stuckItemsOf(what);
      const mine = new Set(
        await ledger.giftsOfPart(
          stuck.map(({ item }) => item),
          senders,
        ),
      );
      return stuck.filter(({ item }) => mine.has(item) || (item === WHOLE_DUTY && senders.part === 0));
    },
  };
}
