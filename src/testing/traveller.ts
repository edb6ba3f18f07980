/** Who moves the harness's time on, and what is moved with it. */
import type { Client } from '@temporalio/client';
import type { Ledger } from '../ledger/ledger.ts';
import type { HarnessWorker } from './harness-worker.ts';
import type { TestClock } from './test-clock.ts';

export type Traveller = {
  clock: TestClock;
  ledger: Ledger;
  temporal: Client;
  worker: HarnessWorker;
};
