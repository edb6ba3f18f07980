import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { act, available, giftRequest, give, grant, outcomes, refusal } from '../../support/gifts.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

let people = 0;
async function sender(credits = '100'): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `sender-${people}`, { credits });
  return `sender-${people}`;
}

describe('an acceptance with a key that was used before', () => {
  test('answers the same again and moves nothing', async () => {
    const request = giftRequest(await sender(), 'friend', { amount: '30', message: 'Congratulations' });
    const first = await own.ledger.acceptGift(request);
    expect(first.replayed).toBe(false);
    const again = await own.ledger.acceptGift({ ...request, at: later(START, { hours: 5 }) });
    expect(again).toEqual({ value: first.value, replayed: true });
    expect(await available(own.ledger, request.from)).toBe('70');
  });

  test('answers with the recorded gift, whatever new id is proposed', async () => {
    const request = giftRequest(await sender(), 'friend');
    const { value } = await own.ledger.acceptGift(request);
    const again = await own.ledger.acceptGift({ ...request, id: newGiftId() });
    expect(again.value.id).toBe(value.id);
  });

  test('still answers as it did when the gift has ended meanwhile', async () => {
    const request = giftRequest(await sender(), 'friend');
    const first = await own.ledger.acceptGift(request);
    await act(own.ledger, first.value, 'cancel', START);
    expect(await own.ledger.acceptGift(request)).toEqual({ ...first, replayed: true });
  });

  test('repeats a refusal, also when it would be accepted now', async () => {
    const from = await sender('5');
    const request = giftRequest(from, 'friend');
    const insufficient = { ...refusal('insufficient_credits'), replayed: false };
    await expect(own.ledger.acceptGift(request)).rejects.toMatchObject(insufficient);
    await grant(own.ledger, from, '100');
    await expect(own.ledger.acceptGift(request)).rejects.toMatchObject({ ...insufficient, replayed: true });
    expect(await available(own.ledger, from)).toBe('105');
  });

  test('answers a gift by e-mail the same, and keeps the token of its link', async () => {
    const request = giftRequest(await sender(), 'friend@example.com');
    const first = await own.ledger.acceptGift(request);
    const link = await own.ledger.giftAddress(first.value.id);
    expect(await own.ledger.acceptGift(request)).toEqual({ ...first, replayed: true });
    expect(await own.ledger.giftAddress(first.value.id)).toEqual(link);
  });

  test.each<[string, Partial<AcceptRequest>]>([
    ['amount', { amount: '11' }],
    ['recipient', { to: { account_id: 'friend-2' } }],
    ['kind of recipient', { to: { email: 'friend@example.com' } }],
    ['funding', { funding: 'promotional' }],
    ['message', { message: 'other' }],
  ])('and another %s is a mismatch', async (_what, change) => {
    const request = giftRequest(await sender(), 'friend');
    await own.ledger.acceptGift(request);
    await expect(own.ledger.acceptGift({ ...request, ...change })).rejects.toMatchObject({
      ...refusal('idempotency_mismatch'),
      replayed: false,
    });
    expect(await available(own.ledger, request.from)).toBe('90');
  });

  test('by another sender is a mismatch', async () => {
    const request = giftRequest(await sender(), 'friend');
    await own.ledger.acceptGift(request);
    const other = await sender();
    await expect(own.ledger.acceptGift({ ...request, from: other })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
    expect(await available(own.ledger, other)).toBe('100');
  });

  test('for another operation is a mismatch', async () => {
    const from = await sender();
    const { key } = giftRequest(from, 'friend');
    const gift = await give(own.ledger, from, 'friend', { key });
    await expect(grant(own.ledger, from, '1', { key })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
    await expect(act(own.ledger, gift, 'cancel', START, { key })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
  });

  test('is recorded once when 40 ask at the same time, in one batch', async () => {
    const request = giftRequest(await sender(), 'friend');
    const answers = await Promise.all(Array.from({ length: 40 }, () => own.ledger.acceptGift(request)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { value } of answers) expect(value).toEqual(answers[0]?.value);
    expect(await available(own.ledger, request.from)).toBe('90');
  });
});

describe('one key for different senders at once, from several processes', () => {
  test('goes to one; the others are told of the mismatch', async () => {
    const others = Array.from({ length: 3 }, () => {
      const { url, encryptionKey } = own;
      return createPostgresLedger({ url, encryptionKey, policyVersion: policyWith().version });
    });
    try {
      for (let round = 0; round < 20; round++) {
        const key = newKey('shared');
        const senders = [await sender(), await sender(), await sender(), await sender()];
        const { values, errors } = await outcomes(
          senders.map((from, n) =>
            (others[n] ?? own.ledger).acceptGift(giftRequest(from, 'friend', { key })),
          ),
        );
        expect(values).toHaveLength(1);
        for (const error of errors) expect(error).toMatchObject(refusal('idempotency_mismatch'));
      }
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });
});

describe('a gift id that is taken', () => {
  test('is refused under another key, and does not harm its neighbours in the batch', async () => {
    const from = await sender();
    const taken = await give(own.ledger, from, 'friend');
    const { values, errors } = await outcomes([
      give(own.ledger, from, 'friend'),
      give(own.ledger, from, 'friend', { id: taken.id }),
      give(own.ledger, from, 'friend'),
    ]);
    expect(values).toHaveLength(2);
    expect(errors).toMatchObject([refusal('idempotency_mismatch')]);
    expect(await available(own.ledger, from)).toBe('70');
  });
});

describe('grants and actions', () => {
  test('a grant is repeated by its key and not doubled', async () => {
    const from = await sender('5');
    const key = newKey('grant');
    const first = await grant(own.ledger, from, '20', { key });
    expect(await grant(own.ledger, from, '20', { key, at: later(START, { hours: 1 }) })).toEqual({
      value: first.value,
      replayed: true,
    });
    await expect(grant(own.ledger, from, '21', { key })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => grant(own.ledger, from, '20', { key })),
    );
    for (const { value } of answers) expect(value).toEqual(first.value);
    expect(await available(own.ledger, from)).toBe('25');
  });

  test('an action is repeated by its key: the answer, and the refusal', async () => {
    const gift = await give(own.ledger, await sender(), 'friend');
    const cancel = { key: newKey('cancel'), gift_id: gift.id, action: 'cancel', at: START } as const;
    const first = await own.ledger.actOnGift(cancel);
    expect(await own.ledger.actOnGift(cancel)).toEqual({ value: first.value, replayed: true });
    const release = { ...cancel, key: newKey('release'), action: 'release' } as const;
    for (const replayed of [false, true]) {
      await expect(own.ledger.actOnGift(release)).rejects.toMatchObject({
        code: 'already_resolved',
        replayed,
      });
    }
    await expect(own.ledger.actOnGift({ ...release, key: cancel.key })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
  });

  test('an action on a gift that is not there yet is not kept', async () => {
    const from = await sender();
    const cancel = { key: newKey('early'), gift_id: newGiftId(), action: 'cancel', at: START } as const;
    await expect(own.ledger.actOnGift(cancel)).rejects.toMatchObject(refusal('not_found'));
    await give(own.ledger, from, 'friend', { id: cancel.gift_id });
    expect(await own.ledger.actOnGift(cancel)).toMatchObject({
      value: { status: 'canceled' },
      replayed: false,
    });
  });
});

test('no plain digest of an address is kept: the recorded request cannot be guessed from a list of addresses', async () => {
  const request = giftRequest(await sender(), 'guess.me@example.com');
  await own.ledger.acceptGift(request);
  const { createHash } = await import('node:crypto');
  const { canonicalJson } = await import('../../../src/domain/canonical-json.ts');
  const { from, to, amount, funding, message } = request;
  const guess = createHash('sha256').update(canonicalJson({ from, to, amount, funding, message })).digest();
  const rows = await own.sql('SELECT input_hash FROM boon.idempotency_keys WHERE key = $1', [request.key]);
  expect(rows).toHaveLength(1);
  expect(rows[0]?.input_hash).not.toEqual(guess);
});
