import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GiftFilter } from '../../../src/ledger/gifts/read-gifts.ts';
import type { Page, PageRequest } from '../../../src/ledger/postgres/page.ts';
import { act, claim, give } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    gifts: {
      limits: { per_day: { count: 1_000 }, per_month: { count: 1_000 } },
      screening: {
        velocity: { verdict: 'allow' },
        circle: { verdict: 'allow' },
        fan_out: { verdict: 'allow' },
      },
    },
  });
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);

/** Every page of a list, one after the other. */
async function pages<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit, cursor });
    expect(page.data.length).toBeLessThanOrEqual(limit);
    rows.push(...page.data);
    cursor = page.next_cursor ?? undefined;
    await between();
  } while (cursor !== undefined);
  return rows;
}

describe('the gifts of an account', () => {
  const list = (filter: Partial<GiftFilter>) => (page: PageRequest) =>
    own.ledger.listGifts({ account_id: 'ann', sent: true, received: true, ...filter }, page);
  const ids = async (filter: Partial<GiftFilter>, limit = 4) =>
    (await pages(list(filter), limit)).map(({ id }) => id);
  const SENT = ['s1', 's2', 's3', 's4', 's5', 's6'];
  const RECEIVED = ['r1', 'r2', 'r3'];

  beforeAll(async () => {
    for (const id of ['ann', 'bob', 'cleo']) await seedAccount(own.ledger, id, { credits: '500' });
    // Two at each moment, so that a page may end between two gifts of the same time.
    const when = (n: number) => ({ amount: '1', at: at({ minutes: Math.floor(n / 2) }) });
    for (const [n, id] of SENT.entries()) await give(own.ledger, 'ann', 'bob', { id, ...when(n) });
    for (const [n, id] of RECEIVED.entries()) await give(own.ledger, 'bob', 'ann', { id, ...when(n) });
    await give(own.ledger, 'bob', 'cleo', { id: 'theirs', amount: '1' });
    await act(own.ledger, { id: 's1' }, 'cancel', at({ hours: 1 }));
    await act(own.ledger, { id: 's2' }, 'hold', at({ hours: 1 }));
    await own.ledger.advanceGifts(['s3', 'r1'], at({ days: 1, minutes: 5 }));
  });

  test('are the sent, the received, or both, newest first, whatever the page', async () => {
    for (const limit of [1, 2, 3, 100]) {
      expect(await ids({ received: false }, limit)).toEqual(SENT.toReversed());
      expect(await ids({ sent: false }, limit)).toEqual(RECEIVED.toReversed());
      expect(await ids({}, limit)).toEqual(['s6', 's5', 's4', 's3', 'r3', 's2', 's1', 'r2', 'r1']);
    }
  });

  test('can be those of one status', async () => {
    expect(await ids({ status: 'settled' }, 1)).toEqual(['s3', 'r1']);
    expect(await ids({ status: 'canceled' })).toEqual(['s1']);
    expect(await ids({ status: 'held', received: false })).toEqual(['s2']);
    expect(await ids({ status: 'pending', sent: false })).toEqual(['r3', 'r2']);
    expect(await ids({ status: 'reversed' })).toEqual([]);
  });

  test('read page by page lose none and double none while gifts arrive', async () => {
    const there = await ids({});
    let n = 0;
    const seen = await pages(list({}), 2, async () => {
      n += 1;
      await give(own.ledger, 'ann', 'cleo', { id: `late-${n}`, amount: '1', at: at({ days: 1 }) });
      // One whose clock lags, into the middle of the list.
      await give(own.ledger, 'bob', 'ann', {
        id: `lagging-${n}`,
        amount: '1',
        at: at({ minutes: 1, ms: n }),
      });
    });
    const seenIds = seen.map(({ id }) => id);
    expect(new Set(seenIds).size).toBe(seenIds.length);
    expect(seenIds.filter((id) => there.includes(id))).toEqual(there);
  });

  test('given to an address are received once they are claimed', async () => {
    await give(own.ledger, 'bob', 'cleo@example.com', { id: 'by-mail', amount: '1', at: at({ days: -1 }) });
    const received = () =>
      own.ledger.listGifts({ account_id: 'cleo', sent: false, received: true }, { limit: 100 });
    expect((await received()).data.map(({ id }) => id)).not.toContain('by-mail');
    await claim(own.ledger, { id: 'by-mail' }, 'cleo', at({ hours: 2 }));
    expect((await received()).data.at(-1)).toMatchObject({ id: 'by-mail', to: 'cleo', by_email: true });
  });

  test('of an account that is not there are refused, of one without gifts none', async () => {
    await expect(ids({ account_id: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
    await seedAccount(own.ledger, 'without');
    expect(await ids({ account_id: 'without' })).toEqual([]);
  });
});

describe('what reconcile reads', () => {
  let fresh: TestLedger;
  beforeAll(async () => {
    fresh = await openTestLedger({ gifts: { screening: { circle: { verdict: 'allow' } } } });
    for (const id of ['ann', 'bob']) await seedAccount(fresh.ledger, id, { credits: '500' });
    for (const [id, hours] of [
      ['g4', 3],
      ['g3', 3],
      ['g2', 2],
      ['g1', 1],
    ] as const)
      await give(fresh.ledger, 'ann', 'bob', { id, at: at({ hours }) });
    await give(fresh.ledger, 'ann', 'x@example.com', { id: 'mail', at: at({ hours: 3 }) });
    await act(fresh.ledger, await give(fresh.ledger, 'bob', 'ann', { id: 'held' }), 'hold', START);
    await act(fresh.ledger, await give(fresh.ledger, 'bob', 'ann', { id: 'gone' }), 'cancel', START);
  });
  afterAll(() => fresh.close());

  test('open gifts come in the order of their deadlines, all of them, whatever the page', async () => {
    for (const limit of [1, 2, 3, 100]) {
      const open = await pages((page) => fresh.ledger.openGifts(at({ days: 1 }), page), limit);
      expect(open.map(({ id }) => id)).toEqual(['g1', 'g2', 'g3', 'g4', 'held', 'mail']);
      expect(open[0]).toEqual({
        id: 'g1',
        from: 'ann',
        to: 'bob',
        by_email: false,
        amount: '10',
        funding: 'transfer',
        settles_at: at({ hours: 25 }),
        status: 'pending',
        deadline: at({ hours: 25 }),
      });
    }
  });

  test('open gifts accepted at `before` or later are left to their own start', async () => {
    const open = await fresh.ledger.openGifts(at({ hours: 2 }), { limit: 100 });
    expect(open.data.map(({ id }) => id)).toEqual(['g1', 'held']);
  });

  test('open gifts are asked for from a moment on, too', async () => {
    const open = await fresh.ledger.openGifts(at({ days: 1 }), { limit: 100 }, at({ hours: 2 }));
    expect(open.data.map(({ id }) => id)).toEqual(['g2', 'g3', 'g4', 'mail']);
  });

  test('overdue gifts are those whose deadline passed before the moment, the longest overdue first', async () => {
    expect(await fresh.ledger.overdueGifts(at({ hours: 26 }), 100)).toEqual(['g1']);
    expect(await fresh.ledger.overdueGifts(at({ hours: 26, ms: 1 }), 100)).toEqual(['g1', 'g2']);
    expect(await fresh.ledger.overdueGifts(at({ days: 60 }), 3)).toEqual(['g1', 'g2', 'g3']);
    await fresh.ledger.advanceGifts(['g1', 'g2'], at({ hours: 27 }));
    expect(await fresh.ledger.overdueGifts(at({ days: 60 }), 100)).toEqual(['g3', 'g4', 'held', 'mail']);
  });

  test('addresses of many gifts come in one answer, without those of accounts', async () => {
    const addresses = await fresh.ledger.giftAddresses(['g1', 'mail', 'no-such-gift']);
    expect([...addresses.keys()]).toEqual(['mail']);
    expect(addresses.get('mail')).toMatchObject({ email: 'x@example.com', token: expect.any(String) });
  });
});
