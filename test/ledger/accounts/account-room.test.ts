import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { act, claim, give, grant } from '../../support/gifts.ts';
import { bought, buy, newPurchaseId } from '../../support/purchases.ts';
import {
  expectVerified,
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

/** The most that one operation moves, and how many of them one account takes in total. */
const MOST = '1000000000';
const TIMES = 4000;
const SETTLED = later(START, { hours: 24 });

import { charge, seedOrganisation } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    gifts: {
      max: MOST,
      limits: {
        per_day: { count: 10_000, amount: MOST },
        per_month: { count: 10_000, amount: MOST },
      },
      promotional_quota: { count: 10_000, amount: MOST },
      regift: true,
      screening: {
        velocity: { verdict: 'allow' },
        fan_in: { verdict: 'allow' },
        fan_out: { verdict: 'allow' },
        circle: { verdict: 'allow' },
      },
    },
    packages: { much: { credits: MOST, price: { amount: 100, currency: 'usd' } } },
  });
});
afterAll(() => own.close());

/** So many of the largest grants in one: more than the API takes at once. */
async function fill(id: string, times: number): Promise<void> {
  const request = {
    i: 0,
    key: newKey('fill'),
    input_hash: '00',
    at: START,
    account_id: id,
    amount: `${times}000000000000000`,
    source: 'purchased',
    giftable: true,
    reason: 'filled',
  };
  const [answer] = await own.sql('SELECT result FROM boon_code.grant_credits($1)', [
    JSON.stringify([request]),
  ]);
  expect(answer?.result).toHaveProperty('lot');
}

const full = { code: 'account_full', message: expect.stringContaining('can be given 0 more') };

test('an account takes 4,000 of the largest grants; of those that come at once only what does not fit is refused', async () => {
  await seedAccount(own.ledger, 'full');
  await seedAccount(own.ledger, 'other');
  await fill('full', TIMES - 20);
  const grants = Array.from({ length: 23 }, () => grant(own.ledger, 'full', MOST));
  const others = Array.from({ length: 5 }, () => grant(own.ledger, 'other', '1'));
  const ended = await Promise.allSettled(grants);
  const refused = ended.filter((one) => one.status === 'rejected');
  expect(refused.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining(full)),
  );
  await Promise.all(others);
  expect(await own.ledger.balance('full', START)).toMatchObject({ available: '4000000000000' });
  expect(await own.ledger.balance('other', START)).toMatchObject({ available: '5' });
  expect((await own.ledger.limits('full', START)).available).toBe('4000000000000');
  expect((await own.ledger.statement('full', { limit: 1 })).data[0]).toMatchObject({
    balance_after: '4000000000000',
  });
  await expectVerified(own.ledger);
});

test('a grant that was refused for lack of room is refused again under its key, and moves nothing', async () => {
  const request = {
    key: 'no-room',
    at: START,
    account_id: 'full',
    amount: '0.000001',
    source: 'purchased',
    expires_at: null,
    giftable: true,
    reason: 'none',
  } as const;
  await expect(own.ledger.grant(request)).rejects.toMatchObject({ ...full, replayed: false });
  await expect(own.ledger.grant(request)).rejects.toMatchObject({ ...full, replayed: true });
  expect(await own.ledger.balance('full', START)).toMatchObject({ available: '4000000000000' });
});

test('the budget of promotional gifts takes as much as an account, and no more', async () => {
  await fill('boon:promotional', TIMES - 1);
  await grant(own.ledger, 'boon:promotional', MOST);
  await expect(grant(own.ledger, 'boon:promotional', '1')).rejects.toMatchObject(full);
  await seedAccount(own.ledger, 'giver');
  const gift = await give(own.ledger, 'giver', 'other', { funding: 'promotional', amount: '5' });
  expect(gift).toMatchObject({ status: 'pending' });
});

test('a full account buys no credits, and is not left with a page that takes money', async () => {
  await expect(buy(own.ledger, 'full', 'much')).rejects.toMatchObject(full);
  expect(await own.sql(`SELECT FROM boon.purchases WHERE account_id = 'full'`)).toEqual([]);
});

test('what was paid before the account was full is credited', async () => {
  await seedAccount(own.ledger, 'buyer');
  const open = await buy(own.ledger, 'buyer', 'much');
  await fill('buyer', TIMES);
  const page = { id: `cs_${newPurchaseId()}`, url: 'https://pay.example/much' };
  await own.ledger.noteCheckout(open.id, page, START);
  const heard = await own.ledger.hearOfPayment({
    at: START,
    said: 'paid',
    purchase_id: open.id,
    checkout_id: page.id,
    amount: 100,
    currency: 'usd',
  });
  expect(heard?.purchase).toMatchObject({ status: 'paid' });
  expect(await own.ledger.balance('buyer', START)).toMatchObject({ available: '4001000000000' });
});

test('a large gift to a full account is refused before anything is held, small ones go on', async () => {
  await seedAccount(own.ledger, 'ada', { credits: MOST });
  const much = give(own.ledger, 'ada', 'full', { amount: '1000000' });
  await expect(much).rejects.toMatchObject({ code: 'recipient_ineligible', reasonCode: 'account_full' });
  expect(await own.ledger.balance('ada', START)).toMatchObject({ available: MOST, held: '0' });
  const small = await give(own.ledger, 'ada', 'full', { amount: '999999' });
  await own.ledger.advanceGift(small.id, SETTLED);
  expect(await own.ledger.balance('full', SETTLED)).toMatchObject({ available: '4000000999999' });
});

test('gifts that are on their way count: together they do not fill an account to more than it takes', async () => {
  await seedAccount(own.ledger, 'popular');
  await fill('popular', TIMES - 2);
  for (const sender of ['s1', 's2', 's3']) await seedAccount(own.ledger, sender, { credits: MOST });
  await give(own.ledger, 's1', 'popular', { amount: MOST });
  const second = await give(own.ledger, 's2', 'popular', { amount: MOST });
  const third = give(own.ledger, 's3', 'popular', { amount: MOST });
  await expect(third).rejects.toMatchObject({ code: 'recipient_ineligible', reasonCode: 'account_full' });
  await act(own.ledger, second, 'cancel', START);
  expect(await give(own.ledger, 's3', 'popular', { amount: MOST })).toMatchObject({ status: 'pending' });
});

test('a gift by e-mail is not claimed for a full account, and can be claimed for another', async () => {
  await seedAccount(own.ledger, 'bea', { credits: MOST });
  const gift = await give(own.ledger, 'bea', 'grace@example.com', { amount: MOST });
  await expect(claim(own.ledger, gift, 'full', START)).rejects.toMatchObject({
    code: 'recipient_ineligible',
    reasonCode: 'account_full',
  });
  expect(await claim(own.ledger, gift, 'other', START)).toMatchObject({ status: 'pending' });
});

test('a campaign leaves out a full account with its reason, grants the others, and ends', async () => {
  const { id } = await createCampaign(own.ledger, {
    kind: 'grant_credits',
    amount: MOST,
    valid_for: 'P100Y',
  });
  const done = await runToItsEnd(own.ledger, id, { size: 3 });
  expect(done).toMatchObject({ status: 'completed', remaining: 0, excluded: { full: 2 } });
  expect(await own.ledger.campaignAccount(id, 'full')).toMatchObject({ outcome: 'excluded', reason: 'full' });
  expect(await own.ledger.campaignAccount(id, 'other')).toMatchObject({ outcome: 'granted' });
  expect(await own.ledger.campaignFaults(id)).toEqual([]);
});

test('an account that is full is put all the same while a campaign for everybody goes on', async () => {
  const { id } = await createCampaign(own.ledger, { kind: 'grant_credits', amount: MOST, ongoing: true });
  await runToItsEnd(own.ledger, id);
  await own.ledger.putAccount('full', { plan: 'pro' }, START);
  expect(await own.ledger.campaignAccount(id, 'full')).toMatchObject({ outcome: 'excluded', reason: 'full' });
  await seedAccount(own.ledger, 'late', { put: { created_at: '2999-12-31T23:59:59.999Z' } });
  expect(await own.ledger.balance('late', START)).toMatchObject({ available: MOST });
});

test('all that was ever granted is more than a bigint holds, and the ledger proves it', async () => {
  const [sum] = await own.sql(
    `SELECT sum(amount) > 9223372036854775807 AS more FROM boon.transfers WHERE debit_account = 'boon:issuance'`,
  );
  expect(sum?.more).toBe(true);
  await expectVerified(own.ledger);
  await bought(own.ledger, 'other');
});

test('a window without a limit holds as much as an account is given; what is used beyond is refused, not its neighbours', async () => {
  const other = await openTestLedger({ plans: { pro: { five_hour: null, weekly: null } } });
  // Three of the largest uses instead of four thousand.
  await other.sql(
    `CREATE OR REPLACE FUNCTION boon_code.most_credits() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 3000000000000000`,
  );
  await seedAccount(other.ledger, 'pro', { put: { plan: 'pro' } });
  await seedAccount(other.ledger, 'plus');
  const uses = Array.from({ length: 4 }, () => charge(other.ledger, 'pro', { units: MOST }));
  const [ended, small] = await Promise.all([Promise.allSettled(uses), charge(other.ledger, 'plus')]);
  expect(ended.map(({ status }) => status).toSorted()).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'limit_reached' },
  });
  expect(small).toMatchObject({ allowed: true });
  expect((await other.ledger.limits('pro', START)).windows.weekly).toMatchObject({
    used: '3000000000',
    limit: null,
  });
  await other.close();
});

test('a month is charged as much as a number of JSON can hold of its price, and no more', async () => {
  const dear = await openTestLedger({
    invoices: { hundred_credits: { amount: 99_999_999, currency: 'usd' } },
  });
  await seedOrganisation(dear.ledger, 'acme', ['mia'], { billing: 'invoice' });
  const uses = Array.from({ length: 12 }, () => charge(dear.ledger, 'mia', { units: MOST }));
  const ended = await Promise.allSettled(uses);
  const refused = ended.filter(({ status }) => status === 'rejected');
  // Nine are worth less than 2^53 coins; the plan pays a little of one.
  expect(refused).toHaveLength(3);
  expect(refused[0]).toMatchObject({ reason: { code: 'limit_reached', reasonCode: 'invoice_ceiling' } });
  const pool = await dear.ledger.pool('acme', START);
  expect(Number.isSafeInteger(pool.invoice?.total.amount)).toBe(true);
  expect(pool.invoice?.total.amount).toBeGreaterThan(8_000_000_000_000_000);
  await dear.close();
});
