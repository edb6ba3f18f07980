import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { boonCommand } from '../support/command-line.ts';

let boon: BoonHarness;
let february: string;
let march: string;
const run = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: boon.apiKey });

beforeAll(async () => {
  const kind = 'organisation' as const;
  boon = await startBoon({
    accounts: {
      acme: { kind, plan: 'business', billing: 'invoice', billing_day: 1, invoice_ceiling: '500' },
      sue: { plan: 'business', org_id: 'acme' },
    },
    startAt: '2028-02-10T08:00:00Z',
    policy: { plans: { business: { five_hour: '10', weekly: '10' } } },
  });
  await boon.use('sue', '60');
  await boon.advanceTo('2028-03-02T00:00:00Z');
  await boon.use('sue', '12.5');
  await boon.advanceTo('2028-04-02T00:00:00Z');
  const { data } = await boon.client.invoices.list('acme');
  [march = '', february = ''] = data.map(({ id }) => id);
});
afterAll(() => boon?.stop());

test('invoices are listed, the latest first', async () => {
  const listed = (await run('invoice', 'list', 'acme')).out.split('\n');
  expect(listed).toHaveLength(3);
  expect(listed[1]).toMatch(new RegExp(`^${march} +2028-03-01 +open +2\\.5 +0\\.10 USD +2028-04-15$`));
  expect(listed[2]).toMatch(new RegExp(`^${february} +2028-02-01 +open +50 +2\\.00 USD +2028-03-15$`));
  expect((await run('invoice', 'list', 'acme', '--limit', '1', '--json')).json().data).toHaveLength(1);
  const all = (await run('invoice', 'list', '--month', '2028-03')).out.split('\n');
  expect(all).toEqual([expect.stringMatching(/^id +account /), expect.stringMatching(`^${march} +acme `)]);
  expect((await run('invoice', 'list', '--status', 'void')).out).toBe('No invoices.');
  expect((await run('invoice', 'list', 'acme', '--status', 'void')).code).toBe(2);
  expect((await run('invoice', 'list', 'sue')).out).toBe('No invoices.');
});

test('an invoice is shown with its lines, and printed as CSV', async () => {
  const { out } = await run('invoice', 'show', february);
  expect(out).toMatch(/^total +2\.00 USD$/m);
  expect(out).toMatch(/^sue +codex +- +1 +60 +50 +2\.00 USD$/m);
  expect(out).toContain('No corrections.');
  expect((await run('invoice', 'csv', february)).out.split('\n')).toEqual([
    'member_id,product,model,uses,units,credits,amount,currency',
    'sue,codex,,1,60,50,200,usd',
  ]);
});

test('a part of an invoice is credited in its own currency, and no more than is open', async () => {
  const credited = await run('invoice', 'credit', february, '0.5', '--reason', 'ticket 4711');
  expect(credited.out).toMatch(/^credited +0\.50 USD$/m);
  expect(credited.out).toMatch(/^credits +12\.5$/m);
  const { out } = await run('invoice', 'show', february);
  expect(out).toMatch(/^open +1\.50 USD$/m);
  expect(out).toMatch(/^crn_\w+_1 +credit +2028-04-02 +0\.50 USD +ticket 4711$/m);
  const over = await run('invoice', 'credit', february, '1.51', '--reason', 'x');
  expect([over.code, over.err]).toEqual([1, expect.stringMatching(/^Refused, over_open_amount/)]);
  for (const text of ['0.505', '-1', 'much']) {
    const refused = await run('invoice', 'credit', february, '--reason', 'x', '--', text);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('is no amount of USD')]);
  }
});

test('an invoice is marked paid, which cannot be voided then; another is voided', async () => {
  const paid = await run('invoice', 'mark-paid', february, '--reference', 'wire 1');
  expect(paid.out).toMatch(/^status +paid$/m);
  const late = await run('invoice', 'void', february, '--reason', 'x');
  expect([late.code, late.err]).toEqual([1, expect.stringMatching(/^Refused, invoice_closed/)]);
  const gone = await run('invoice', 'void', march, '--reason', 'billed twice');
  expect(gone.out).toMatch(/^status +void$/m);
  expect(gone.out).toMatch(/^void +2028-04-02T/m);
  // Its process runs again, though no provider is there: time goes on.
  await boon.advanceTo('2028-04-03T00:00:00Z');
  expect((await run('invoice', 'show', march, '--json')).json()).toMatchObject({ status: 'void' });
});

test('what is not there is refused in a sentence', async () => {
  for (const args of [['show'], ['csv'], ['void', '--reason', 'x'], ['credit', '1', '--reason', 'x']]) {
    const [action = '', ...rest] = args;
    const refused = await run('invoice', action, 'inv_none', ...rest);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/^Refused, not_found/)]);
  }
});

test('the running month is shown, and what pays beyond the plan', async () => {
  await boon.use('sue', '12.5');
  const pool = (await run('usage', 'pool', 'acme')).out;
  expect(pool).toMatch(/^invoice so far +2\.5 of 500, 0\.10 USD$/m);
  expect(pool).toMatch(/^invoice month +2028-04-01T00:00:00\.000Z to 2028-05-01T00:00:00\.000Z$/m);
  expect(pool).toMatch(/^sue +0 +2\.5 +none$/m);
  expect((await run('account', 'limits', 'sue')).out).toMatch(/^codex +yes +497\.5 +-$/m);
});
