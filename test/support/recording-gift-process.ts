/**
 * A stand-in for Temporal in tests of HTTP matters only: it notes what was started and lets the ledger do what the
 * process would have it do. The real process is tested in test/workflows and test/e2e.
 */
import { BoonError } from '../../src/contracts/errors.ts';
import type { AcceptedGift } from '../../src/contracts/gifts/gift.ts';
import type { GiftProcess } from '../../src/contracts/gifts/gift-process.ts';
import type { WorkerVersion } from '../../src/contracts/workers.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';

export type RecordingGiftProcess = GiftProcess & {
  started: AcceptedGift[];
  /** Gifts whose processes were told to look again. */
  refreshed: string[];
  /** What Temporal does from now on. */
  temporal: 'answers' | 'refuses' | 'hangs';
  /** Workers that look for work, as Temporal tells it. */
  workersPolling: number | undefined;
  /** Versions of workers of which none is current. */
  waiting: WorkerVersion[];
};

export function createRecordingGiftProcess(ledger: Ledger): RecordingGiftProcess {
  const process: RecordingGiftProcess = {
    started: [],
    refreshed: [],
    temporal: 'answers',
    workersPolling: 1,
    waiting: [],
    async start(gift) {
      await reach();
      process.started.push(gift);
    },
    async act(request) {
      await reach();
      return ledger.actOnGift(request);
    },
    async refresh(giftIds) {
      await reach();
      process.refreshed.push(...giftIds);
    },
    ping: reach,
    async workers() {
      await reach();
      const { workersPolling: count, waiting } = process;
      return count === undefined ? undefined : { count, waiting };
    },
  };

  async function reach(): Promise<void> {
    if (process.temporal === 'refuses') throw new BoonError('unavailable', 'Temporal did not answer.');
    if (process.temporal === 'hangs') await new Promise(() => undefined);
  }
  return process;
}
