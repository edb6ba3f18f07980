import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effort } from '../support/effort.ts';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { programScenarios } from './program-commands.ts';
import { ProgramRun, type Tally } from './program-run.ts';
import { prepareProgram } from './program-state.ts';

const { parameters, timeout } = effort(6);

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await prepareProgram(own);
});
afterAll(() => own.close());

test(
  'the scenarios reach every step of referrals, resets and campaigns that matters',
  async () => {
    const steps = [
      'invite invited',
      'link joined',
      'link refused already_active',
      'activity qualified',
      'reward rewarded',
      'reward refused reward_cap_reached',
      'reward qualified reward_cap_reached',
      'act refused clawed_back',
      'redeem reset',
      'redeem already_redeemed',
      'redeem nothing_to_reset',
      'give pending',
      'settle settled',
      'settle held account_frozen',
      'last moment some',
      'expire resets some',
      'return resets some',
      'page completed',
    ];
    const tally: Tally = new Map();
    const missing = () => steps.filter((step) => !tally.has(step));
    // The first scenarios of this seed reach all of them; where the rules change, it may take more.
    for (const scenario of fc.sample(programScenarios({ least: 60, most: 80 }), { seed: 735, numRuns: 30 })) {
      await ProgramRun.play(own, scenario, tally);
      if (missing().length === 0) break;
    }
    expect(missing()).toEqual([]);
  },
  timeout,
);

test(
  'referrals, resets and campaigns answer and store what a plain model in memory says, step by step',
  async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(programScenarios({ least: 20, most: 80 }), async (scenario) => {
        runs += 1;
        await ProgramRun.play(own, scenario, new Map());
      }),
      parameters,
    );
    console.info(`seed ${parameters.seed}: ${runs} scenarios`);
  },
  timeout,
);
