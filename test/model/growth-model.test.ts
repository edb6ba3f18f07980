import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { growthScenarios } from './growth-commands.ts';
import { GrowthRun, type Tally } from './growth-run.ts';
import { prepareGrowth } from './growth-state.ts';

/** Another seed each time, printed when it fails; `BOON_MODEL_SEED` runs one again. */
const SEED =
  process.env.BOON_MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.BOON_MODEL_SEED);
const SECONDS = Number(process.env.BOON_MODEL_SECONDS ?? 40);

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await prepareGrowth(own);
});
afterAll(() => own.close());

test(
  'referrals, resets and campaigns answer and store what a plain model in memory says, step by step',
  async () => {
    const tally: Tally = new Map();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(growthScenarios({ least: 20, most: 80 }), async (scenario) => {
        runs += 1;
        await GrowthRun.play(own, scenario, tally);
      }),
      {
        seed: SEED,
        numRuns: 100_000,
        interruptAfterTimeLimit: SECONDS * 1_000,
        endOnFailure: process.env.BOON_MODEL_SHRINK === undefined,
      },
    );
    if (process.env.BOON_MODEL_TALLY !== undefined) console.info([...tally].toSorted());
    console.info(`seed ${SEED}: ${runs} scenarios`);
    for (const step of [
      'invite invited',
      'link joined',
      'link refused already_active',
      'activity qualified',
      'reward rewarded',
      'reward refused reward_cap_reached',
      'reward qualified reward_cap_reached',
      'redeem reset',
      'redeem already_redeemed',
      'give pending',
      'settle settled',
      'last moment some',
      'expire resets some',
      'return resets some',
      'page completed',
    ])
      expect(tally.get(step), step).toBeGreaterThan(0);
  },
  (SECONDS + 120) * 1_000,
);
