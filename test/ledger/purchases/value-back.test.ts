/** The table of (what has left a purchase) × (what comes back), as data: no cell throws, and each has its value. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestLedger, type TestLedger } from '../../support/test-ledger.ts';
import { Buyer, ONE_CREDIT_PLAN } from '../../support/value-back.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(ONE_CREDIT_PLAN);
});
afterAll(() => own.close());

type Where = 'there' | 'gone' | 'expired';
/** Where the 100 credits of a purchase are, and how they came to be there. */
const LEFT: [string, Where, string[], { owing?: true }?][] = [
  ['in the lot', 'there', []],
  ['held in an open gift', 'there', ['give']],
  ['held in a gift that an operator holds', 'there', ['give', 'hold']],
  ['held in a gift by mail', 'there', ['mail']],
  ['in the lot and in two gifts', 'there', ['give 80', 'give 20']],
  ['given and settled', 'gone', ['give', 'settle']],
  ['claimed by nobody and given once more', 'gone', ['mail', 'lapse', 'give', 'settle']],
  ['spent by use', 'gone', ['spend']],
  ['expired', 'expired', ['expire']],
  ['taken by a debt', 'gone', [], { owing: true }],
];

type Cell = { available: string; debt: string };
const cell = (available: number, debt = 0): Cell => ({ available: `${available}`, debt: `${debt}` });
/** What comes back, and how the account stands then for each place where the credits were. */
const BACK: [string[], 'paid' | 'refunded', Record<Where, Cell>][] = [
  [['refunded'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['refunded 50'], 'paid', { there: cell(50), gone: cell(0, 50), expired: cell(0) }],
  [['refunded 25', 'refunded'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['disputed'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['disputed', 'lost'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['disputed', 'won'], 'paid', { there: cell(100), gone: cell(0), expired: cell(0) }],
  [['disputed 30', 'won'], 'paid', { there: cell(100), gone: cell(0), expired: cell(0) }],
  [['disputed 30', 'refunded 30', 'won'], 'paid', { there: cell(70), gone: cell(0, 30), expired: cell(0) }],
  [['ask'], 'paid', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['ask', 'succeeded'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
  [['ask', 'failed'], 'paid', { there: cell(100), gone: cell(0), expired: cell(0) }],
  [['ask', 'succeeded', 'failed'], 'paid', { there: cell(100), gone: cell(0), expired: cell(0) }],
  [['ask 30', 'failed', 'disputed', 'won'], 'paid', { there: cell(100), gone: cell(0), expired: cell(0) }],
  [['disputed', 'buy'], 'refunded', { there: cell(100), gone: cell(0), expired: cell(100) }],
  [['disputed', 'buy', 'won'], 'paid', { there: cell(200), gone: cell(100), expired: cell(100) }],
  [['disputed', 'grant', 'won'], 'paid', { there: cell(200), gone: cell(100), expired: cell(100) }],
  [['disputed', 'grant 60'], 'refunded', { there: cell(60), gone: cell(0, 40), expired: cell(60) }],
  [['disputed', 'grant 60', 'won'], 'paid', { there: cell(160), gone: cell(60), expired: cell(60) }],
  [['ask', 'buy', 'failed'], 'paid', { there: cell(200), gone: cell(100), expired: cell(100) }],
  [['disputed', 'won', 'refunded'], 'refunded', { there: cell(0), gone: cell(0, 100), expired: cell(0) }],
];

describe.each(LEFT)('of 100 bought credits that are %s', (_name, where, left, options = {}) => {
  test.each(BACK.map(([back, status, cells]) => [back.join(', '), back, status, cells[where]] as const))(
    'what comes is: %s',
    async (_steps, back, status, { available, debt }) => {
      const buyer = await Buyer.of(own.ledger, options.owing);
      for (const step of [...left, ...back]) await buyer.does(step);
      expect(await buyer.stands()).toMatchObject({ available, held: '0', debt, status });
    },
  );
});

/** One after another, from the purchase on: what each step leaves in the end. */
const STORIES: [string[], Cell][] = [
  // A gift that was settled comes back: what it brings was owed.
  [['give', 'settle', 'disputed', 'reverse'], cell(0)],
  [['give', 'settle', 'disputed', 'reverse', 'won'], cell(100)],
  [['give', 'settle', 'reverse', 'disputed'], cell(0)],
  [['give', 'settle', 'reverse', 'disputed', 'won'], cell(100)],
  [['give', 'settle', 'disputed', 'buy', 'reverse'], cell(100)],
  [['give', 'settle', 'disputed', 'buy', 'reverse', 'won'], cell(200)],
  [['give', 'settle', 'disputed', 'buy', 'won', 'reverse'], cell(200)],
  [['give', 'settle', 'disputed', 'won', 'reverse'], cell(100)],
  [['give', 'settle', 'refunded 50', 'reverse'], cell(50)],
  [['give', 'settle', 'refunded 50', 'reverse', 'refunded'], cell(0)],
  [['give 60', 'settle', 'spend 40', 'refunded', 'reverse'], cell(0, 40)],
  [['give 60', 'settle', 'spend 40', 'refunded', 'grant 50', 'reverse'], cell(10)],
  // A gift that ends before the money goes back.
  [['give', 'cancel', 'disputed'], cell(0)],
  [['give', 'cancel', 'disputed', 'won'], cell(100)],
  [['mail', 'lapse', 'disputed', 'won'], cell(100)],
  [['give', 'reject', 'ask', 'failed'], cell(100)],
  // The lot of a purchase pays a debt, and its own money goes back.
  [['spend', 'disputed', 'buy', 'buy', 'won'], cell(200)],
];

test.each(STORIES.map(([steps, end]) => [steps.join(', '), steps, end] as const))(
  'a purchase, then %s',
  async (_name, steps, { available, debt }) => {
    const buyer = await Buyer.of(own.ledger);
    for (const step of steps) await buyer.does(step);
    expect(await buyer.stands()).toMatchObject({ available, held: '0', debt });
  },
);

test('no more gifts end than are needed, the newest first', async () => {
  const buyer = await Buyer.of(own.ledger);
  await buyer.does('give 30');
  const first = await buyer.gift();
  await buyer.does('give 50');
  await buyer.does('refunded 20');
  expect(await buyer.stands()).toMatchObject({ available: '0', held: '80', taken: '20' });
  await buyer.does('refunded 21');
  expect(await buyer.gift()).toMatchObject({ status: 'rejected', reason_code: 'funding_refunded' });
  expect(await own.ledger.findGift(first.id)).toMatchObject({ status: 'pending' });
  expect(await buyer.stands()).toMatchObject({ available: '49', held: '30', taken: '21', debt: '0' });
  await buyer.does('won');
  expect(await buyer.stands()).toMatchObject({ available: '49', held: '30' });
});

/** Credits that two purchases paid for, in one gift. */
test('a gift ends for the money of one lot, and what it held of another is back', async () => {
  const buyer = await Buyer.of(own.ledger);
  for (const step of ['buy', 'give 150', 'disputed']) await buyer.does(step);
  expect(await buyer.stands()).toMatchObject({ available: '100', held: '0', debt: '0', taken: '100' });
  expect(await buyer.gift()).toMatchObject({ status: 'rejected', reason_code: 'funding_refunded' });
  await buyer.does('won');
  expect(await buyer.stands()).toMatchObject({ available: '200', status: 'paid' });
});

test('what a gift held of another lot pays what was spent of the one', async () => {
  const buyer = await Buyer.of(own.ledger);
  for (const step of ['spend 40', 'buy', 'give 160', 'refunded']) await buyer.does(step);
  expect(await buyer.stands()).toMatchObject({ available: '60', held: '0', debt: '0', owed: '40' });
});
