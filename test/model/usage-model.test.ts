import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { effort } from '../support/effort.ts';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { usageCommand } from './usage-commands.ts';
import { USAGE_POLICY, UsageRun } from './usage-run.ts';

const { parameters, timeout } = effort(40);

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(USAGE_POLICY);
});
afterAll(() => own.close());

test(
  'usage is decided as a plain model decides it; the limits that are asked for agree with every answer',
  async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(usageCommand, { minLength: 1, maxLength: 25 }),
        async (isMember, commands) => {
          runs += 1;
          const run = await UsageRun.begin(own.ledger, String(runs), isMember);
          let now = Date.parse('2026-03-01T12:00:00.000Z');
          for (const command of commands) {
            now = Math.min(now + command.wait, Date.parse('2026-03-31T00:00:00.000Z'));
            await run.perform(command, now);
          }
        },
      ),
      parameters,
    );
  },
  timeout,
);
