/** Random purchases and what happens to their money and of what was bought. Names are numbers, taken modulo. */
import fc from 'fast-check';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const which = fc.nat(1000);
const who = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3);
const is = <T extends string>(value: T) => fc.constant(value);
const share = fc.constantFrom(1, 50, 100, 101, 199, 250, 300, 400, 2_000);
const bundle = fc.constantFrom('odd', 'odd', 'odd', 'credits-100', 'reset-5');

export const moneyCommand = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: is('buy'),
      who,
      package: bundle,
      pays: fc.constantFrom('at once', 'at once', 'at once', 'at once', 'later'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is('news'),
      which,
      said: fc.constantFrom('paid', 'paid', 'paid', 'expired', 'failed'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: is('mispaid'),
      which,
      fault: fc.constantFrom('amount', 'currency', 'mode', 'page', 'unsaid'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: is('refunded'), which, share }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('dispute'),
      which,
      share,
      status: fc.constantFrom('open', 'open', 'won', 'won', 'lost'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: is('ask'), which, share, spent: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is('ask again'), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: is('answer'),
      which,
      status: fc.constantFrom('succeeded', 'failed', 'failed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('correct'), which, share }) },
  { weight: 2, arbitrary: fc.record({ do: is('consent'), who, on: fc.nat(3).map((n) => n > 0) }) },
  { weight: 4, arbitrary: fc.record({ do: is('top up'), paid: fc.nat(3).map((n) => n > 0) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('grant'),
      who: fc.nat(5),
      amount: fc.integer({ min: 1, max: 120 }),
      days: fc.constantFrom(null, 1, 20, 20),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: is('give'),
      who,
      to: fc.nat(2),
      amount: fc.integer({ min: 1, max: 150 }),
      mail: fc.nat(3).map((n) => n === 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('give reset'), who, to: fc.nat(2), which }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: is('act'),
      which,
      action: fc.constantFrom('cancel', 'reject', 'reverse', 'reverse', 'hold', 'release'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('claim'), which, who }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('use'),
      who: fc.nat(5),
      units: fc.integer({ min: 1, max: 90 }),
      late: fc.constantFrom(0, 0, 0, 1, HOUR, 12 * HOUR, DAY),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('redeem'), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('status'),
      who,
      status: fc.constantFrom(...Array<'active'>(7).fill('active'), 'frozen', 'frozen', 'closed'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('change'),
      who: fc.nat(6),
      what: fc.constantFrom('plan', 'billing_day', 'use_credits', 'spending_limit'),
      value: fc.nat(30),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('campaign'), kind: fc.constantFrom('credits', 'resets', 'windows') }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('months') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('invoice'), which, what: fc.constantFrom('pay', 'credit', 'void') }),
  },
  { weight: 8, arbitrary: fc.record({ do: is('advance') }) },
  { weight: 2, arbitrary: fc.record({ do: is('top ups') }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: is('wait'),
      ms: fc.constantFrom(HOUR, HOUR, DAY, DAY, DAY, DAY - 1, 14 * DAY, 31 * DAY),
    }),
  },
);
export type MoneyCommand = typeof moneyCommand extends fc.Arbitrary<infer T> ? T : never;
