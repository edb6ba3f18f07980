import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { scenarios } from './commands.ts';
import { ModelRun, type Tally } from './model-run.ts';

/** Another seed each time, printed when it fails; `BOON_MODEL_SEED` runs one again. */
const SEED =
  process.env.BOON_MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.BOON_MODEL_SEED);
const SECONDS = Number(process.env.BOON_MODEL_SECONDS ?? 45);

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

test(
  'the ledger answers and stores what a plain model in memory says, step by step',
  async () => {
    const tally: Tally = new Map();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(scenarios({ least: 20, most: 80 }), async (scenario) => {
        runs += 1;
        await ModelRun.play(own, scenario, tally);
      }),
      {
        seed: SEED,
        numRuns: 100_000,
        interruptAfterTimeLimit: SECONDS * 1_000,
        endOnFailure: process.env.BOON_MODEL_SHRINK === undefined,
      },
    );
    console.info(`seed ${SEED}: ${runs} scenarios`);
    for (const step of ['grant', 'accept', 'cancel', 'claim', 'hold', 'release', 'reject', 'reverse'])
      expect(tally.get(`${step} done`), `${step} done`).toBeGreaterThan(0);
  },
  (SECONDS + 120) * 1_000,
);
