/** Random uses and what changes how they are paid for; each after some time. */
import fc from 'fast-check';
import { LOT_SOURCES } from '../../src/domain/lot.ts';

/** The plans of the model's accounts, which no account of the other models has. */
export type UsagePlan = 'enterprise' | 'go';
const HOUR = 3_600_000;
const wait = fc.constantFrom(
  0,
  0,
  0,
  60_000,
  HOUR,
  5 * HOUR - 1,
  5 * HOUR,
  24 * HOUR,
  7 * 24 * HOUR - 1,
  7 * 24 * HOUR,
);
export const usageCommand = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      wait,
      product: fc.constantFrom('codex', 'codex', 'video', 'music'),
      millionths: fc.oneof(
        fc.integer({ min: 1, max: 12_000_000 }),
        fc.constantFrom(1, 5_000_000, 10_000_000),
      ),
      late: fc.constantFrom(0, 0, 0, 1, HOUR, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR),
      agreed: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      wait,
      toPool: fc.boolean(),
      source: fc.constantFrom(...LOT_SOURCES),
      credits: fc.integer({ min: 1, max: 8 }),
      expires: fc.constantFrom(null, 1, HOUR, 24 * HOUR, 24 * HOUR, 30 * 24 * HOUR),
      products: fc.constantFrom<string[] | null>(null, null, ['codex'], ['video', 'music']),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      wait,
      plan: fc.constantFrom<UsagePlan>('enterprise', 'enterprise', 'go'),
      use_credits: fc.constantFrom('off', 'ask', 'auto', 'auto', 'auto'),
      spending_limit: fc.constantFrom(null, null, 0, 3, 20),
      pool_limit: fc.constantFrom(null, null, 0, 2, 20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeem' as const), wait }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), wait }) },
);
export type UsageCommand = typeof usageCommand extends fc.Arbitrary<infer T> ? T : never;
