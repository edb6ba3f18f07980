import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { act, available, giftRequest, give, grant, outcomes, refusal } from '../../support/gifts.ts';
import {
  later,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

/** Several ledgers on one database, as several processes have. */
let own: TestLedger;
let ledgers: Ledger[] = [];
const OPEN = {
  gifts: {
    limits: {
      per_day: { count: 100_000, amount: '1000000' },
      per_month: { count: 100_000, amount: '1000000' },
    },
    screening: {
      velocity: { verdict: 'allow' },
      fan_in: { verdict: 'allow' },
      fan_out: { verdict: 'allow' },
      circle: { verdict: 'allow' },
    },
  },
} as const;
beforeAll(async () => {
  own = await openTestLedger(OPEN);
  const { version: policyVersion } = policyWith(OPEN);
  const { url, encryptionKey } = own;
  const others = [1, 2].map(() => createPostgresLedger({ url, encryptionKey, policyVersion }));
  ledgers = [own.ledger, ...others];
  await seedAccount(own.ledger, 'friend');
});
afterAll(async () => {
  await Promise.all(ledgers.slice(1).map((ledger) => ledger.close()));
  await own.close();
});
const on = (n: number): Ledger => ledgers[n % ledgers.length] ?? own.ledger;

const at = (by: Parameters<typeof later>[1]) => later(START, by);
const TOMORROW = at({ days: 1 });
let people = 0;
async function sender(credits = '100'): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `sender-${people}`, { credits });
  return `sender-${people}`;
}
const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
const verified = async () => expect((await own.ledger.verify()).violations).toEqual([]);

test('of 200 transfers of the same last credits exactly those that the balance covers succeed', async () => {
  const from = await sender('73');
  const { values, errors } = await outcomes(times(200, (n) => give(on(n), from, 'friend', { amount: '1' })));
  expect(values).toHaveLength(73);
  for (const error of errors) expect(error).toMatchObject(refusal('insufficient_credits'));
  expect(await own.ledger.balance(from, START)).toMatchObject({ available: '0', held: '73' });
  await verified();
});

test('of 200 transfers under a limit of 60 exactly 60 succeed', async () => {
  const from = await sender('1000');
  const limited = policyWith({
    gifts: { ...OPEN.gifts, limits: { ...OPEN.gifts.limits, per_day: { count: 60, amount: '1000000' } } },
  });
  try {
    for (const ledger of ledgers) await ledger.usePolicy(limited, START);
    const { values, errors } = await outcomes(
      times(200, (n) => give(on(n), from, 'friend', { amount: '1' })),
    );
    expect(values).toHaveLength(60);
    for (const error of errors) expect(error).toMatchObject(refusal('gift_limit_exceeded', 'per_day_count'));
  } finally {
    for (const ledger of ledgers) await ledger.usePolicy(policyWith(OPEN), START);
  }
  await verified();
});

test('the same request 50 times at once through three ledgers is one gift and 50 equal answers', async () => {
  const request = giftRequest(await sender(), 'friend', { amount: '40' });
  const answers = await Promise.all(times(50, (n) => on(n).acceptGift(request)));
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  for (const { value } of answers) expect(value).toEqual(answers[0]?.value);
  expect(await own.ledger.balance(request.from, START)).toMatchObject({ available: '60', held: '40' });
  await verified();
});

test('the same grant 50 times at once through three ledgers is one lot', async () => {
  const to = await sender();
  const key = newKey('grant');
  const answers = await Promise.all(times(50, (n) => grant(on(n), to, '5', { key })));
  expect(new Set(answers.map(({ value }) => value.id)).size).toBe(1);
  expect(await available(own.ledger, to)).toBe('105');
});

describe('one gift', () => {
  test('settled by six at once settles once', async () => {
    const gift = await give(own.ledger, await sender(), 'friend');
    const before = Number(await available(own.ledger, 'friend', TOMORROW));
    const answers = await Promise.all(times(6, (n) => on(n).advanceGift(gift.id, TOMORROW)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 'settled', settled_at: TOMORROW });
    expect(Number(await available(own.ledger, 'friend', TOMORROW))).toBe(before + 10);
  });

  /** Runs `first` and `second` at once, thirty times; both ways must be seen to be sound. */
  async function race(
    makeGift: (n: number) => Promise<Gift>,
    first: (gift: Gift, n: number) => Promise<Gift>,
    second: (gift: Gift, n: number) => Promise<Gift>,
  ): Promise<string[]> {
    const gifts = await Promise.all(times(30, makeGift));
    const ended = await Promise.all(
      gifts.map(async (gift, n) => {
        const { errors } = await outcomes(
          n % 2 === 0 ? [first(gift, n), second(gift, n)] : [second(gift, n), first(gift, n)],
        );
        for (const error of errors) expect(error).toMatchObject({ name: 'BoonError' });
        return (await own.ledger.findGift(gift.id)).status;
      }),
    );
    await verified();
    return ended;
  }

  test('canceled while it settles is one or the other', async () => {
    const from = await sender('300');
    const ended = await race(
      () => give(own.ledger, from, 'friend'),
      (gift, n) => act(on(n), gift, 'cancel', TOMORROW),
      (gift, n) => on(n + 1).advanceGift(gift.id, TOMORROW),
    );
    const canceled = ended.filter((status) => status === 'canceled').length;
    expect(ended.filter((status) => status === 'settled')).toHaveLength(30 - canceled);
    expect(await available(own.ledger, from, TOMORROW)).toBe(String(canceled * 10));
  });

  test('claimed while its link expires is claimed or expired', async () => {
    const from = await sender('300');
    const end = at({ days: 14 });
    const tokens = new Map<string, string | undefined>();
    const ended = await race(
      async (n) => {
        const gift = await give(own.ledger, from, `friend-${n}@example.com`);
        tokens.set(gift.id, (await own.ledger.giftAddress(gift.id)).token);
        return gift;
      },
      // The clocks of the two differ by a millisecond, so that either may be in time.
      (gift, n) =>
        act(on(n), gift, 'claim', later(end, { ms: -1 }), {
          token: tokens.get(gift.id),
          account_id: 'friend',
        }),
      (gift, n) => on(n + 1).advanceGift(gift.id, end),
    );
    // Claimed first, it is past its settlement: the other call has settled it.
    for (const status of ended) expect(['expired', 'pending', 'settled']).toContain(status);
    const expired = ended.filter((status) => status === 'expired').length;
    expect(await available(own.ledger, from, end)).toBe(String(expired * 10));
  });

  test('claimed by ten accounts at once goes to one', async () => {
    const gift = await give(own.ledger, await sender(), 'anyone@example.com');
    const { token } = await own.ledger.giftAddress(gift.id);
    const claimants = times(10, (n) => `claimant-${n}`);
    for (const claimant of claimants) await seedAccount(own.ledger, claimant);
    const { values, errors } = await outcomes(
      claimants.map((account_id, n) => act(on(n), gift, 'claim', START, { token, account_id })),
    );
    expect(values).toHaveLength(1);
    for (const error of errors) expect(error).toMatchObject(refusal('claim_invalid'));
  });

  test('held while it settles is held or settled, never both', async () => {
    const from = await sender('300');
    const ended = await race(
      () => give(own.ledger, from, 'friend'),
      (gift, n) => act(on(n), gift, 'hold', TOMORROW),
      (gift, n) => on(n + 1).advanceGift(gift.id, TOMORROW),
    );
    for (const status of ended) expect(['held', 'settled']).toContain(status);
  });

  test('reversed by five at once comes back once', async () => {
    const from = await sender();
    const gift = await give(own.ledger, from, 'friend', { amount: '40' });
    await own.ledger.advanceGift(gift.id, TOMORROW);
    const { values } = await outcomes(times(5, (n) => act(on(n), gift, 'reverse', TOMORROW)));
    expect(values).toHaveLength(1);
    expect(await available(own.ledger, from, TOMORROW)).toBe('100');
  });
});

describe('a freeze', () => {
  test.each(['sender', 'recipient'])(
    'of the %s while gifts are accepted leaves none that settles',
    async (side) => {
      const [from, to] = [await sender('1000'), await sender('0.5')];
      const frozen = side === 'sender' ? from : to;
      const gifts = times(60, (n) => give(on(n), from, to, { amount: '1' }));
      const freeze = on(1).putAccount(frozen, { plan: 'plus', status: 'frozen' }, START);
      const { values, errors } = await outcomes(gifts);
      await freeze;
      for (const error of errors)
        expect(['account_frozen', 'recipient_ineligible']).toContain((error as { code: string }).code);
      const ended = await own.ledger.advanceGifts(
        values.map(({ id }) => id),
        TOMORROW,
      );
      for (const gift of ended) expect(gift).toMatchObject({ status: 'held', reason_code: 'account_frozen' });
      await own.ledger.putAccount(frozen, { plan: 'plus', status: 'active' }, TOMORROW);
      const after = await own.ledger.advanceGifts(
        values.map(({ id }) => id),
        at({ days: 3 }),
      );
      for (const gift of after) expect(gift).toMatchObject({ status: 'settled' });
    },
  );
});

test('blocks sealed by three at once while gifts are accepted hold every transfer once', async () => {
  const from = await sender('1000');
  await Promise.all([
    ...times(90, (n) => give(on(n), from, 'friend', { amount: '1' })),
    ...times(9, (n) => on(n).sealBlocks(START)),
  ]);
  await own.ledger.sealBlocks(START);
  const [row] = await own.sql(
    `SELECT (SELECT sum(transfers) FROM boon.blocks)::int AS sealed, (SELECT count(*) FROM boon.transfers)::int AS all`,
  );
  expect(row?.sealed).toBe(row?.all);
  await verified();
});

test('three ledgers that post expiries, cancel and give from the same lots agree', async () => {
  const from = await sender('1');
  for (let n = 0; n < 40; n++) await grant(own.ledger, from, '2', { expires_at: TOMORROW });
  const gifts = await Promise.all(times(30, (n) => give(on(n), from, 'friend', { amount: '2' })));
  const { errors } = await outcomes<unknown>([
    ...times(10, (n) => on(n).expireLots(TOMORROW, 7)),
    ...gifts.map((gift, n) =>
      n % 2 === 0 ? act(on(n), gift, 'cancel', TOMORROW) : on(n).advanceGift(gift.id, TOMORROW),
    ),
    ...times(10, (n) => give(on(n), from, 'friend', { amount: '1', at: TOMORROW })),
  ]);
  for (const error of errors) expect(error).toMatchObject(refusal('insufficient_credits'));
  while ((await own.ledger.expireLots(TOMORROW, 100)).lots > 0);
  await verified();
});
