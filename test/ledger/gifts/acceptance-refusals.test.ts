import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, available, claim, give, grant, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

let people = 0;
/** A sender with 100 credits, unlike any other. */
async function sender(put: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `sender-${people}`, { credits: '100', ...put });
  return `sender-${people}`;
}

describe('the sender', () => {
  test('must be an account; that answer is not kept, since the account may be made', async () => {
    const request = { key: 'unknown-sender' };
    await expect(give(own.ledger, 'nobody-yet', 'friend', request)).rejects.toMatchObject(
      refusal('not_found'),
    );
    await seedAccount(own.ledger, 'nobody-yet', { credits: '100' });
    expect(await give(own.ledger, 'nobody-yet', 'friend', request)).toMatchObject({ status: 'pending' });
  });

  test('cannot give to their own account', async () => {
    const from = await sender();
    await expect(give(own.ledger, from, from)).rejects.toMatchObject(refusal('self_gift'));
  });

  test('cannot give to their own address, in whatever case it is written', async () => {
    const from = await sender({ put: { email: 'Me@Example.com' } });
    await expect(give(own.ledger, from, 'ME@example.COM')).rejects.toMatchObject(refusal('self_gift'));
    expect(await give(own.ledger, from, 'you@example.com')).toMatchObject({ status: 'awaiting_claim' });
  });

  test.each(['frozen', 'closed'] as const)('cannot give from a %s account', async (status) => {
    const from = await sender();
    await own.ledger.putAccount(from, { plan: 'plus', status }, START);
    await expect(give(own.ledger, from, 'friend')).rejects.toMatchObject(refusal('account_frozen', status));
    expect(await available(own.ledger, from)).toBe('100');
  });

  test('must be identity-verified, by the moment of the gift', async () => {
    const never = await sender({ put: { identity_verified_at: null } });
    await expect(give(own.ledger, never, 'friend')).rejects.toMatchObject(refusal('identity_unverified'));
    const soon = await sender({ put: { identity_verified_at: later(START, { ms: 1 }) } });
    await expect(give(own.ledger, soon, 'friend')).rejects.toMatchObject(refusal('identity_unverified'));
    expect(await give(own.ledger, soon, 'friend', { at: later(START, { ms: 1 }) })).toMatchObject({
      status: 'pending',
    });
  });

  test('may give from the very millisecond at which the account is 7 days old', async () => {
    const from = await sender({ put: { created_at: later(START, { days: -7, ms: 1 }) } });
    await expect(give(own.ledger, from, 'friend')).rejects.toMatchObject({
      code: 'gift_denied',
      reasonCode: 'account_too_new',
      message: "The sender's account must be 7 days old: it may give from 2026-03-10T12:00:00.001Z.",
    });
    const detail = 'The account may give from 2026-03-10T12:00:00.001Z.';
    expect((await own.ledger.gifting(from, START)).reasons).toContainEqual(
      expect.objectContaining({ detail }),
    );
    expect(await give(own.ledger, from, 'friend', { at: later(START, { ms: 1 }) })).toMatchObject({
      status: 'pending',
    });
  });
});

describe('the recipient', () => {
  test('must be an account', async () => {
    const from = await sender();
    await expect(give(own.ledger, from, 'no-such-friend')).rejects.toMatchObject(
      refusal('recipient_ineligible', 'unknown_account'),
    );
  });

  test.each(['frozen', 'closed'] as const)('must not be %s', async (status) => {
    await seedAccount(own.ledger, `${status}-friend`, { put: { status } });
    await expect(give(own.ledger, await sender(), `${status}-friend`)).rejects.toMatchObject(
      refusal('recipient_ineligible', 'recipient_unavailable'),
    );
  });

  test('may be unverified and of today', async () => {
    await seedAccount(own.ledger, 'newcomer', { put: { created_at: START, identity_verified_at: null } });
    expect(await give(own.ledger, await sender(), 'newcomer')).toMatchObject({ status: 'pending' });
  });
});

describe('the amount', () => {
  test('is at least the least and at most the most', async () => {
    const from = await sender({ credits: '10000' });
    const refused = (amount: string, reason: string) =>
      expect(give(own.ledger, from, 'friend', { amount })).rejects.toMatchObject(
        refusal('gift_limit_exceeded', reason),
      );
    await refused('0.999999', 'below_least');
    await refused('1000.000001', 'above_most');
    expect(await give(own.ledger, from, 'friend', { amount: '1' })).toMatchObject({ amount: '1' });
    const other = await sender({ credits: '10000' });
    // Held, since the account gives much: not refused.
    expect(await give(own.ledger, other, 'friend', { amount: '1000' })).toMatchObject({ amount: '1000' });
  });

  test.each(['0', '-1', '1.0', '0.0000001', '1e3', '', '١', `1${'0'.repeat(30)}`])(
    'is not "%s"',
    async (amount) => {
      const from = await sender();
      await expect(give(own.ledger, from, 'friend', { amount })).rejects.toMatchObject({
        code: 'validation_failed',
        errors: [{ path: 'amount' }],
      });
      expect(await available(own.ledger, from)).toBe('100');
    },
  );

  test('may be all that is there and not a millionth more', async () => {
    const from = await sender();
    await expect(give(own.ledger, from, 'friend', { amount: '100.000001' })).rejects.toMatchObject({
      code: 'insufficient_credits',
      reasonCode: undefined,
      message: '100 credits are available; the gift needs 100.000001.',
    });
    expect(await give(own.ledger, from, 'friend', { amount: '100' })).toMatchObject({ status: 'pending' });
    await expect(give(own.ledger, from, 'friend', { amount: '1' })).rejects.toMatchObject(
      refusal('insufficient_credits'),
    );
  });

  test('must be giftable: what is there but not giftable is said to be so', async () => {
    const from = await sender();
    await grant(own.ledger, from, '50', { giftable: false });
    await expect(give(own.ledger, from, 'friend', { amount: '150' })).rejects.toMatchObject({
      code: 'not_giftable',
      message: '150 credits are available, of which 100 may be given away.',
    });
    await expect(give(own.ledger, from, 'friend', { amount: '150.000001' })).rejects.toMatchObject(
      refusal('insufficient_credits'),
    );
    expect(await give(own.ledger, from, 'friend', { amount: '100' })).toMatchObject({ status: 'pending' });
    expect(await available(own.ledger, from)).toBe('50');
  });
});

describe('recipients that have to be new', () => {
  const must = { gifts: { recipient_must_be_new: true } };
  let strict: TestLedger;
  beforeAll(async () => {
    strict = await openTestLedger(must);
    for (const from of ['a', 'b', 'c', 'd']) await seedAccount(strict.ledger, from, { credits: '100' });
  });
  afterAll(() => strict.close());
  const notNew = refusal('recipient_ineligible', 'recipient_not_new');

  test('are younger than 30 days to the millisecond', async () => {
    await seedAccount(strict.ledger, 'thirty', { put: { created_at: later(START, { days: -30 }) } });
    await expect(give(strict.ledger, 'a', 'thirty')).rejects.toMatchObject(notNew);
    await seedAccount(strict.ledger, 'nearly', { put: { created_at: later(START, { days: -30, ms: 1 }) } });
    expect(await give(strict.ledger, 'a', 'nearly')).toMatchObject({ status: 'pending' });
  });

  test('have not been given anything; a gift that came to nothing does not count', async () => {
    await seedAccount(strict.ledger, 'young', { put: { created_at: START } });
    const first = await give(strict.ledger, 'a', 'young');
    await expect(give(strict.ledger, 'b', 'young')).rejects.toMatchObject(notNew);
    await act(strict.ledger, first, 'cancel', START);
    const second = await give(strict.ledger, 'b', 'young');
    await strict.ledger.advanceGift(second.id, later(START, { days: 1 }));
    await expect(give(strict.ledger, 'c', 'young')).rejects.toMatchObject(notNew);
    await act(strict.ledger, second, 'reverse', later(START, { days: 2 }));
    await expect(give(strict.ledger, 'c', 'young')).rejects.toMatchObject(notNew);
  });

  test('by e-mail show it when they claim', async () => {
    const gift = await give(strict.ledger, 'a', 'friend@example.com');
    await seedAccount(strict.ledger, 'old', { put: { created_at: later(START, { days: -30 }) } });
    await expect(claim(strict.ledger, gift, 'old', START)).rejects.toMatchObject(notNew);
    await seedAccount(strict.ledger, 'fresh', { put: { created_at: START } });
    expect(await claim(strict.ledger, gift, 'fresh', START)).toMatchObject({ to: 'fresh' });
    const another = await give(strict.ledger, 'b', 'friend@example.com');
    await expect(claim(strict.ledger, another, 'fresh', START)).rejects.toMatchObject(notNew);
  });

  test('who are given to by many at the same moment receive one gift', async () => {
    await seedAccount(strict.ledger, 'wanted', { put: { created_at: START } });
    const answers = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((from) => give(strict.ledger, from, 'wanted')),
    );
    const accepted = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(accepted.length).toBeGreaterThan(0);
    const ended = await strict.ledger.advanceGifts(
      accepted.map(({ id }) => id),
      later(START, { days: 1 }),
    );
    expect(ended.filter(({ status }) => status === 'settled')).toHaveLength(1);
    expect(await available(strict.ledger, 'wanted', later(START, { days: 1 }))).toBe('10');
  });
});
