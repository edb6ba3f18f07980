import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCampaign, runToItsEnd } from '../../support/campaigns.ts';
import { give } from '../../support/gifts.ts';
import { bought } from '../../support/purchases.ts';
import { bank, redeem, sweep, use } from '../../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { seedOrganisation } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedOrganisation(own.ledger, 'acme', ['mia']);
});
afterAll(() => own.close());

const banked = async (id: string) => (await own.ledger.limits(id, START)).resets_available;
const used = async (id: string, at = START) => {
  const { five_hour, weekly } = (await own.ledger.limits(id, at)).windows;
  return [five_hour?.used, weekly?.used];
};

test('what is used under an organisation’s own id counts in its windows, what its member uses in the member’s', async () => {
  await use(own.ledger, 'acme', '5');
  await use(own.ledger, 'mia', '2');
  expect(await used('acme')).toEqual(['5', '5']);
  expect(await used('mia')).toEqual(['2', '2']);
});

test('an organisation is granted resets, buys them, is given them and redeems them', async () => {
  await bank(own.ledger, 'acme');
  expect(await banked('acme')).toBe(1);
  await bought(own.ledger, 'acme', 'reset-1');
  expect(await banked('acme')).toBe(2);
  await seedAccount(own.ledger, 'ada');
  const [reset] = await bank(own.ledger, 'ada');
  const gift = await give(own.ledger, 'ada', 'acme', { amount: '0', reset_id: reset.id });
  await own.ledger.advanceGift(gift.id, later(START, { hours: 24 }));
  const at = later(START, { hours: 25 });
  expect((await own.ledger.limits('acme', at)).resets_available).toBe(3);
  await use(own.ledger, 'acme', '1', at);
  expect(await redeem(own.ledger, 'acme', { at })).toMatchObject({ outcome: 'reset' });
  expect(await used('acme', at)).toEqual(['0', '0']);
});

test('campaigns take organisations in: resets, credits and windows', async () => {
  const before = await banked('acme');
  const at = later(START, { hours: 26 });
  await use(own.ledger, 'acme', '3', at);
  for (const campaign of [
    { kind: 'grant_reset' },
    { kind: 'grant_credits', amount: '5' },
    { kind: 'reset_windows' },
  ] as const) {
    const { id } = await createCampaign(own.ledger, { ...campaign, at });
    await runToItsEnd(own.ledger, id, { at });
    expect(await own.ledger.campaignAccount(id, 'acme')).toMatchObject({ outcome: 'granted', reason: null });
  }
  // What was redeemed an hour ago is of no use any more and comes back.
  expect(await banked('acme')).toBe(before + 2);
  expect(await used('acme', at)).toEqual(['0', '0']);
});

test('an organisation gets its complimentary reset, and one that becomes a person no second', async () => {
  const other = await openTestLedger();
  await other.ledger.keepComplimentaryCampaign(START);
  await runToItsEnd(other.ledger, 'complimentary-reset');
  await seedOrganisation(other.ledger, 'org', []);
  expect((await other.ledger.limits('org', START)).resets_available).toBe(1);
  await other.ledger.putAccount('org', { plan: 'plus', kind: 'person' }, START);
  expect((await other.ledger.limits('org', START)).resets_available).toBe(1);
  await other.close();
});

test('an organisation’s reset is redeemed at its last moment, if it wants that, and expires otherwise', async () => {
  await seedOrganisation(own.ledger, 'auto', [], { auto_redeem: true });
  await seedOrganisation(own.ledger, 'plain', []);
  for (const id of ['auto', 'plain']) {
    await bank(own.ledger, id);
    await use(own.ledger, id, '1', later(START, { days: 29 }));
  }
  const end = later(START, { days: 30 });
  await sweep(own.ledger, later(end, { ms: -1 }));
  await sweep(own.ledger, end);
  const rows = await own.sql(
    `SELECT account_id, status::text FROM boon.resets WHERE account_id IN ('auto', 'plain') ORDER BY 1`,
  );
  expect(rows).toEqual([
    { account_id: 'auto', status: 'redeemed' },
    { account_id: 'plain', status: 'expired' },
  ]);
});

test('the database takes no campaign that leaves an account out for being an organisation', async () => {
  const [campaign] = await own.sql('SELECT id FROM boon.campaigns LIMIT 1');
  await seedOrganisation(own.ledger, 'left-out', []);
  await expect(
    own.sql(`INSERT INTO boon.campaign_accounts VALUES ($1, 'left-out', 'organisation', NULL, $2)`, [
      campaign?.id,
      START,
    ]),
  ).rejects.toThrow('organisations_take_part');
});

test('an organisation gives and is given credits as before', async () => {
  await seedAccount(own.ledger, 'giver', { credits: '50' });
  expect(await give(own.ledger, 'giver', 'acme')).toMatchObject({ status: 'pending' });
});
