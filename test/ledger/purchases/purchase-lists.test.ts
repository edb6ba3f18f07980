import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeptPurchase } from '../../../src/contracts/purchases/provider-records.ts';
import type { Purchase } from '../../../src/contracts/purchases/purchase.ts';
import type { Page, PageRequest } from '../../../src/ledger/postgres/page.ts';
import { bought, buy, CONSENT, hear } from '../../support/purchases.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const made: Purchase[] = [];
const ids = (...numbers: number[]) => numbers.map((n) => made[n]?.id);

/** Two by ada at each moment, so that a page may end between two of one time; the last three were paid. */
beforeAll(async () => {
  own = await openTestLedger();
  for (const id of ['ada', 'bob']) await seedAccount(own.ledger, id);
  for (const minutes of [0, 0, 1, 1, 2, 2])
    made.push(await buy(own.ledger, 'ada', 'credits-100', { at: at({ minutes }) }));
  for (const [n, hours] of [
    [3, 1],
    [4, 2],
    [5, 3],
  ] as const)
    await hear(own.ledger, made[n] as Purchase, { said: 'paid', payment_id: `pi_${n}`, at: at({ hours }) });
  made.push(await buy(own.ledger, 'bob', 'credits-100', { at: START }));
});
afterAll(() => own.close());

/** The ids in every page of a list, one after the other. */
async function pages(list: (page: PageRequest) => Promise<Page<Purchase>>, limit: number): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit, cursor });
    expect(page.data.length).toBeLessThanOrEqual(limit);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

describe.each([1, 2, 3, 100])('in pages of %s', (limit) => {
  test('an account’s purchases are its own, the newest first', async () => {
    const list = (page: PageRequest) => own.ledger.listPurchases('ada', page);
    expect(await pages(list, limit)).toEqual(ids(5, 4, 3, 2, 1, 0));
  });

  test('open purchases are those of before a moment, the oldest first', async () => {
    const list = (before: string) => (page: PageRequest) => own.ledger.openPurchases(before, page);
    expect(await pages(list(at({ minutes: 1 })), limit)).toEqual(ids(0, 1, 6));
    expect(await pages(list(at({ minutes: 1, ms: 1 })), limit)).toEqual(ids(0, 1, 6, 2));
  });

  test('paid purchases are those that were paid from one moment on and before another', async () => {
    const list = (page: PageRequest) => own.ledger.paidPurchases(at({ hours: 1 }), at({ hours: 3 }), page);
    expect(await pages(list, limit)).toEqual(ids(3, 4));
    const all = (page: PageRequest) => own.ledger.paidPurchases(START, at({ hours: 4 }), page);
    expect(await pages(all, limit)).toEqual(ids(3, 4, 5));
  });
});

test('a payment is recorded with its purchase and with the case that it became, and not with one of another page', async () => {
  const purchase = await buy(own.ledger, 'ada', 'credits-100', { at: at({ hours: 5 }) });
  const page = { id: 'cs_first', url: 'https://pay.example/first' };
  await own.ledger.noteCheckout(purchase.id, page, at({ hours: 5 }));
  const wrong = { said: 'paid', amount: 1, currency: 'usd', at: at({ hours: 6 }) } as const;
  await hear(own.ledger, purchase, { ...wrong, checkout_id: 'cs_first' });
  const [asked, other] = await own.ledger.recorded('payment', [
    { id: 'cs_first', checkout_id: 'cs_first', subject_id: purchase.id },
    { id: 'cs_other', checkout_id: 'cs_other', subject_id: purchase.id },
  ]);
  expect(asked).toMatchObject({
    subject_id: purchase.id,
    account_id: 'ada',
    status: null,
    case: { status: 'open' },
  });
  expect(other).toMatchObject({ subject_id: purchase.id, case: null });
});

describe('a purchase that was lost', () => {
  const kept = (id: string, more: Partial<KeptPurchase> = {}): KeptPurchase => ({
    id: `pur_lost${id}`,
    account_id: 'ada',
    kind: 'checkout',
    package: 'credits-100',
    credits: '100',
    resets: 0,
    created_at: START,
    expires_at: at({ days: 1 }),
    ...more,
  });
  const restore = (purchase: KeptPurchase, amount = 400) =>
    own.ledger.restorePurchase(purchase, { amount, currency: 'USD' }, `cs_${purchase.id}`, at({ days: 2 }));

  test('is written down again once, ended unpaid', async () => {
    expect(await restore(kept('00000001'))).toBe('restored');
    expect(await restore(kept('00000001'))).toBe('known');
    expect(await own.ledger.findPurchase('pur_lost00000001')).toMatchObject({
      status: 'expired',
      credits: '100',
      price: { amount: 400, currency: 'usd' },
    });
    expect(await restore(kept('00000002', { account_id: 'nobody' }))).toBe('account_unknown');
  });

  test('as a top-up needs the consent of its account, and stays within its cap', async () => {
    for (const id of ['with-consent', 'without']) {
      await seedAccount(own.ledger, id);
      await bought(own.ledger, id, 'credits-100', { save_card: true });
    }
    const monthly_cap = { amount: 400, currency: 'usd' };
    await own.ledger.putTopUp('with-consent', { ...CONSENT, monthly_cap }, 'user', at({ minutes: 1 }));
    const topUp = (id: string, account_id: string, minutes: number) =>
      restore(kept(id, { kind: 'top_up', account_id, created_at: at({ minutes }) }));
    expect(await topUp('00000010', 'without', 1)).toBe('consent_unknown');
    expect(await topUp('00000010', 'with-consent', 0)).toBe('consent_unknown');
    expect(await topUp('00000010', 'with-consent', 1)).toBe('restored');
    await hear(
      own.ledger,
      { id: 'pur_lost00000010' },
      { said: 'paid', payment_id: 'pi_lost', at: at({ days: 2 }) },
    );
    expect(await topUp('00000011', 'with-consent', 2)).toBe('over_cap');
  });

  test('is of the latest policy that sold it so, else of the latest', async () => {
    const selling = (amount: number) =>
      policyWith({
        packages: {
          'credits-100': { price: { amount, currency: 'usd' } },
          'credits-1000': { price: { amount: amount + 4000, currency: 'usd' } },
        },
      } as object);
    const versions = [selling(500), selling(400), selling(700)] as const;
    for (const [n, policy] of versions.entries()) await own.ledger.usePolicy(policy, at({ days: 3 + n }));
    const policyOf = async (id: string, amount: number) => {
      expect(await restore(kept(id), amount)).toBe('restored');
      const [row] = await own.sql('SELECT policy_version FROM boon.purchases WHERE id = $1', [
        `pur_lost${id}`,
      ]);
      return row?.policy_version;
    };
    expect(await policyOf('00000003', 400)).toBe(versions[1].version);
    expect(await policyOf('00000004', 500)).toBe(versions[0].version);
    expect(await policyOf('00000005', 600)).toBe(versions[2].version);
  });
});
