/** The reader of events that docs/events.md shows, as it is written there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act, give, grant } from '../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8');
const [, QUERY = ''] = /```sql\n([\s\S]*?)```/.exec(PAGE) ?? [];

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

test('the query of docs/events.md gives each event once and in order, when nothing before it can come any more', async () => {
  const { ledger } = own;
  for (const id of ['ada', 'grace']) await seedAccount(ledger, id);
  await grant(ledger, 'ada', '50');
  const gift = await give(ledger, 'ada', 'grace');
  await act(ledger, gift, 'cancel', later(START, { minutes: 1 }));
  expect(await own.sql(QUERY, [0])).toEqual([]);

  const atOnce = QUERY.replace('5 minutes', '0 seconds');
  expect(atOnce).not.toBe(QUERY);
  const rows = await own.sql(atOnce, [0]);
  expect(rows.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['account.active', 'credits.granted', 'gift.accepted', 'gift.canceled']),
  );
  expect(rows.filter(({ subject }) => subject === gift.id)).toMatchObject([
    { type: 'gift.accepted', accounts: ['ada', 'grace'], data: { amount: '10', status: 'pending' } },
    { type: 'gift.canceled', data: { status: 'canceled' } },
  ]);
  const last = rows.at(-1)?.seq;
  expect(await own.sql(atOnce, [last])).toEqual([]);
});
