import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effort } from '../support/effort.ts';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { scenarios } from './commands.ts';
import { ModelRun, type Tally } from './model-run.ts';

const { parameters, timeout } = effort(10);

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
      parameters,
    );
    console.info(`seed ${parameters.seed}: ${runs} scenarios`);
    for (const step of ['grant', 'accept', 'cancel', 'claim', 'hold', 'release', 'reject', 'reverse'])
      expect(tally.get(`${step} done`), `${step} done`).toBeGreaterThan(0);
  },
  timeout,
);
