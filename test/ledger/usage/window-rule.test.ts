import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Windows } from '../../../src/contracts/resets/reset.schema.ts';
import { formatCredits } from '../../../src/domain/credits.ts';
import {
  restoredWindow,
  type StoredWindow,
  usedWindow,
  WINDOW_KINDS,
  type WindowKind,
  windowAt,
} from '../../../src/domain/usage-window.ts';
import { runs } from '../../support/effort.ts';
import { bank, redeem, use } from '../../support/resets.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** The windows of one account, by the rule in the domain alone. */
class Rule {
  readonly #stored: Partial<Record<WindowKind, StoredWindow>> = {};

  use(amount: bigint, at: number): void {
    for (const kind of WINDOW_KINDS) this.#stored[kind] = usedWindow(kind, this.#stored[kind], amount, at);
  }

  redeem(at: number): boolean {
    const somethingUsed = WINDOW_KINDS.some((kind) => windowAt(kind, this.#stored[kind], at).used > 0n);
    if (!somethingUsed) return false;
    for (const kind of WINDOW_KINDS) {
      const { startedAt } = restoredWindow(kind, this.#stored[kind], at, false);
      if (startedAt !== null) this.#stored[kind] = { used: 0n, startedAt };
    }
    return true;
  }

  windows(at: number): object {
    const text = (time: number | null) => (time === null ? null : new Date(time).toISOString());
    return Object.fromEntries(
      WINDOW_KINDS.map((kind) => {
        const { used, startedAt, resetsAt } = windowAt(kind, this.#stored[kind], at);
        return [kind, { used: formatCredits(used), started_at: text(startedAt), resets_at: text(resetsAt) }];
      }),
    );
  }
}

const withoutLimits = (windows: Windows) =>
  Object.fromEntries(
    WINDOW_KINDS.map((kind) => {
      const { limit: _limit, ...rest } = windows[kind];
      return [kind, rest];
    }),
  );

let own: TestLedger;
beforeAll(async () => {
  // With limits that are never reached, so that no use is refused.
  own = await openTestLedger({ plans: { plus: { five_hour: '1000000', weekly: '1000000' } } });
});
afterAll(() => own.close());

/** Steps that land before, at and after the ends of both windows. */
const waits = fc.constantFrom(
  0,
  1,
  60_000,
  5 * 3_600_000 - 1,
  5 * 3_600_000,
  86_400_000,
  7 * 86_400_000 - 1,
  7 * 86_400_000,
);
const steps = fc.array(
  fc.record({
    wait: waits,
    act: fc.constantFrom('use', 'use', 'redeem', 'look'),
    credits: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test('SQL keeps the windows by the rule that stands in the domain', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      run += 1;
      const id = `rule-${run}`;
      const { ledger } = own;
      const rule = new Rule();
      await seedAccount(ledger, id);
      let now = Date.parse(START);
      for (const { wait, act, credits } of plan) {
        now += wait;
        const at = new Date(now).toISOString();
        if (act === 'use') {
          rule.use(BigInt(credits) * 1_000_000n, now);
          expect(withoutLimits(await use(ledger, id, String(credits), at))).toEqual(rule.windows(now));
        } else if (act === 'redeem') {
          await bank(ledger, id, { at });
          const before = rule.windows(now);
          const outcome = rule.redeem(now) ? 'reset' : 'nothing_to_reset';
          const answer = await redeem(ledger, id, { at });
          expect(answer.outcome).toBe(outcome);
          expect(withoutLimits(answer.before)).toEqual(before);
          expect(withoutLimits(answer.after)).toEqual(rule.windows(now));
        }
        expect(withoutLimits((await ledger.limits(id, at)).windows)).toEqual(rule.windows(now));
      }
    }),
    { numRuns: runs(25) },
  );
}, 60_000);
