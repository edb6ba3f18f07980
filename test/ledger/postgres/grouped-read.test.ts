import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

const COUNT = 40;
let opened: TestLedger;
beforeAll(async () => {
  opened = await openTestLedger();
  for (let n = 0; n < COUNT; n++) await seedAccount(opened.ledger, `reader-${n}`, { credits: String(n + 1) });
});
afterAll(() => opened.close());

const ids = Array.from({ length: COUNT }, (_, n) => `reader-${n}`);

test('of reads that are asked for at the same time each gets its own answer', async () => {
  const { ledger } = opened;
  const balances = await Promise.all(ids.map((id) => ledger.balance(id, START)));
  expect(balances.map(({ account_id, available }) => `${account_id} ${available}`)).toEqual(
    ids.map((id, n) => `${id} ${n + 1}`),
  );
  const limits = await Promise.all(ids.map((id) => ledger.limits(id, START)));
  expect(limits.map(({ available }) => available)).toEqual(ids.map((_, n) => String(n + 1)));
  const pages = await Promise.all(ids.map((id) => ledger.statement(id, { limit: 5 })));
  expect(pages.map(({ data }) => data.map(({ amount }) => amount))).toEqual(
    ids.map((_, n) => [String(n + 1)]),
  );
});

test('each is read at its own moment', async () => {
  const { ledger } = opened;
  await seedAccount(ledger, 'short', { credits: '7', expires_at: later(START, { hours: 1 }) });
  const moments = [
    START,
    later(START, { minutes: 59 }),
    later(START, { hours: 1 }),
    later(START, { hours: 2 }),
  ];
  const balances = await Promise.all(moments.map((at) => ledger.balance('short', at)));
  expect(balances.map(({ as_of, available }) => [as_of, available])).toEqual(
    moments.map((at, n) => [at, n < 2 ? '7' : '0']),
  );
});

test('one that asks for an account that is not there fails alone', async () => {
  const { ledger } = opened;
  const reads: ((id: string) => Promise<unknown>)[] = [
    (id) => ledger.balance(id, START),
    (id) => ledger.limits(id, START),
    (id) => ledger.statement(id, { limit: 5 }),
  ];
  for (const read of reads) {
    const answers = await Promise.allSettled(['reader-1', 'nobody', 'reader-2', 'a\u0000b'].map(read));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(answers[1]).toMatchObject({ reason: { code: 'not_found' } });
  }
});

test('pages of different accounts and places are read together, and each goes on where it ended', async () => {
  const { ledger } = opened;
  for (let n = 0; n < 6; n++)
    await ledger.grant({
      key: newKey('grant'),
      at: START,
      account_id: 'reader-3',
      amount: String(n + 1),
      source: 'purchased',
      expires_at: null,
      giftable: true,
      reason: 'more',
    });
  const first = await ledger.statement('reader-3', { limit: 2 });
  expect(first.data.map(({ amount }) => amount)).toEqual(['6', '5']);
  const cursor = first.next_cursor ?? undefined;
  const [second, whole, one] = await Promise.all([
    ledger.statement('reader-3', { limit: 3, cursor }),
    ledger.statement('reader-3', { limit: 100 }),
    ledger.statement('reader-4', { limit: 2 }),
  ]);
  expect(second.data.map(({ amount }) => amount)).toEqual(['4', '3', '2']);
  expect(whole.data.map(({ amount }) => amount)).toEqual(['6', '5', '4', '3', '2', '1', '4']);
  expect(whole.next_cursor).toBeNull();
  expect(one.data.map(({ amount }) => amount)).toEqual(['5']);
});
