import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { act, give } from '../../support/gifts.ts';
import { holding, untilWaiting } from '../../support/held-lock.ts';
import { bought, hear } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  policyWith,
  START,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, person } from '../../support/value-back.ts';

let own: TestLedger;
let other: Ledger;
const policy = {
  ...ONE_CREDIT_PLAN,
  gifts: { ...ONE_CREDIT_PLAN.gifts, limits: { per_day: { count: 1000 } } },
};
beforeAll(async () => {
  own = await openTestLedger(policy);
  other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
  await other.usePolicy(policyWith(policy), START);
});
afterAll(async () => {
  await other.close();
  await own.close();
});

const ACCOUNT = (id: string): [string, unknown[]] => [
  'SELECT FROM boon.ledger_accounts WHERE id = $1 FOR UPDATE',
  [id],
];
const dispute = (id: string, status: 'open' | 'won') =>
  ({ said: 'disputed', dispute_id: `dp_${id}`, amount: 400, status }) as const;

test('a gift that is accepted while a refund waits for the account ends by it', async () => {
  const [ada, bob] = [await person(own.ledger), await person(own.ledger)];
  const purchase = await bought(own.ledger, ada);
  const { accepted, refund } = await holding(own, ACCOUNT(ada), async (query) => {
    const accepted = give(own.ledger, ada, bob, { amount: '60' });
    await untilWaiting(own, 1);
    const refund = askRefund(other, purchase);
    await untilWaiting(own, 2);
    await query('COMMIT');
    return { accepted: await accepted, refund: await refund };
  });
  expect(refund).toMatchObject({ taken_back: { credits: '100' }, owed: '0' });
  expect(await own.ledger.findGift(accepted.id)).toMatchObject({
    status: 'rejected',
    reason_code: 'funding_refunded',
  });
});

test('a gift that settles while a dispute waits for it is settled, and the dispute makes a debt', async () => {
  const [ada, bob] = [await person(own.ledger), await person(own.ledger)];
  const purchase = await bought(own.ledger, ada);
  const gift = await give(own.ledger, ada, bob, { amount: '60' });
  const at = later(START, { days: 1 });
  await holding(own, ACCOUNT(ada), async (query) => {
    const settled = own.ledger.advanceGift(gift.id, at);
    await untilWaiting(own, 1);
    const disputed = hear(other, purchase, { ...dispute(ada, 'open'), at });
    await untilWaiting(own, 2);
    await query('COMMIT');
    expect(await settled).toMatchObject({ status: 'settled' });
    expect(await disputed).toMatchObject({ owed: '60', taken_back: { credits: '40' } });
  });
});

test('gifts, cancellations, uses of other lots, refunds and disputes all at once: nothing is lost, doubled or stuck', async () => {
  const faults: unknown[] = [];
  for (let round = 0; round < 6; round += 1) {
    const [ada, bob] = [await person(own.ledger), await person(own.ledger)];
    const purchases = [await bought(own.ledger, ada), await bought(own.ledger, ada)];
    const at = later(START, { days: 1 });
    const tries: Promise<unknown>[] = [];
    for (let n = 0; n < 12; n += 1) {
      const ledger = n % 2 === 0 ? own.ledger : other;
      const amount = `${5 + ((n * 7) % 20)}`;
      tries.push(
        give(ledger, ada, bob, { amount }).then((gift) => {
          if (n % 3 === 0) return act(ledger, gift, 'cancel', START);
          return n % 3 === 1 ? ledger.advanceGift(gift.id, at) : gift;
        }),
      );
    }
    purchases.forEach((purchase, n) => {
      const ledger = n % 2 === 0 ? own.ledger : other;
      const all = dispute(purchase.id, 'open');
      const told = async () => {
        await hear(ledger, purchase, all);
        if (round % 2 === 0) await hear(ledger, purchase, dispute(purchase.id, 'won'));
      };
      tries.push(told());
    });
    for (const one of await Promise.allSettled(tries))
      if (
        one.status === 'rejected' &&
        !/insufficient|not_giftable|already|resolved/.test(String(one.reason.code))
      )
        faults.push(one.reason);
    const { data } = await own.ledger.listGifts(
      { account_id: ada, sent: true, received: false },
      { limit: 100 },
    );
    const sum = (status: string) =>
      data.filter((gift) => gift.status === status).reduce((total, gift) => total + Number(gift.amount), 0);
    const { available, held, debt } = await own.ledger.balance(ada, at);
    const kept = round % 2 === 0 ? 200 : 0;
    expect(Number(available) - Number(debt) + Number(held) + sum('settled')).toBe(kept);
    expect(Number(held)).toBe(sum('pending'));
    if (kept === 0)
      expect(await own.sql('SELECT 1 FROM boon.lots WHERE account_id = $1 AND open', [ada])).toEqual([]);
  }
  expect(faults).toEqual([]);
  await expectVerified(own.ledger);
});
