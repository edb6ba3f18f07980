import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Campaign } from '../../../src/contracts/campaigns/campaign.ts';
import { COMPLIMENTARY_CAMPAIGN as ID } from '../../../src/domain/campaign.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createCampaign, fillAccounts, runToItsEnd } from '../../support/campaigns.ts';
import {
  expectVerified,
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
  await fillAccounts(own, 20);
});
afterAll(() => own.close());

const put = (id: string, plan: string, more: object = {}) =>
  own.ledger.putAccount(id, { plan, ...more } as Parameters<TestLedger['ledger']['putAccount']>[1], START);
const outcome = (account: string) => own.ledger.campaignAccount(ID, account);
const state = (): Promise<Campaign> => own.ledger.findCampaign(ID);
async function complimentary(account: string): Promise<number> {
  const rows = await own.sql(`SELECT FROM boon.resets WHERE account_id = $1 AND source = 'complimentary'`, [
    account,
  ]);
  return rows.length;
}
const act = (action: 'pause' | 'resume' | 'cancel') =>
  own.ledger.actOnCampaign({ key: newKey(action), campaign_id: ID, action, at: START });

async function expectExact(): Promise<void> {
  expect(await own.ledger.campaignFaults(ID)).toEqual([]);
  await expectVerified(own.ledger);
}

test('the complimentary reset is begun once and goes through everybody', async () => {
  expect(await own.ledger.keepComplimentaryCampaign(START)).toBe(ID);
  expect(await own.ledger.keepComplimentaryCampaign(START)).toBe(ID);
  const done = await runToItsEnd(own.ledger, ID, { size: 6 });
  expect(done).toMatchObject({
    status: 'ongoing',
    matched: 20,
    granted: 18,
    excluded: { plan: 2 },
    remaining: 0,
  });
  expect(await complimentary('u00001')).toBe(1);
  expect(await complimentary('u00010')).toBe(0);
  await expectExact();
});

test.each(['go', 'plus', 'pro', 'business'])(
  'an account created later on %s gets its own at once',
  async (plan) => {
    await put(`new-${plan}`, plan);
    expect(await complimentary(`new-${plan}`)).toBe(1);
  },
);

test.each(['free', 'enterprise', 'edu'])('one on %s does not, and is told why', async (plan) => {
  await put(`new-${plan}`, plan);
  expect(await complimentary(`new-${plan}`)).toBe(0);
  expect(await outcome(`new-${plan}`)).toMatchObject({ outcome: 'excluded', reason: 'plan' });
});

test('an account gets one when it comes to such a plan, and never another', async () => {
  await put('new-free', 'plus');
  await put('u00010', 'go');
  await put('u00001', 'free');
  await put('u00001', 'pro');
  for (const account of ['new-free', 'u00010', 'u00001']) expect(await complimentary(account)).toBe(1);
  expect(await outcome('u00001')).toMatchObject({ outcome: 'granted' });
  expect(await state()).toMatchObject({ matched: 27, granted: 24, excluded: { plan: 3 }, remaining: 0 });
  await expectExact();
});

test('a frozen account gets its own when it is active again', async () => {
  await put('cold', 'plus', { status: 'frozen' });
  expect(await outcome('cold')).toMatchObject({ reason: 'frozen' });
  await put('cold', 'plus', { status: 'active' });
  expect(await complimentary('cold')).toBe(1);
});

test('twenty accounts at once, each put twice: one each', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `crowd-${i}`);
  await Promise.all([...ids, ...ids].map((id) => seedAccount(own.ledger, id)));
  for (const id of ids) expect(await complimentary(id)).toBe(1);
  await expectExact();
});

test('who comes while it is paused gets theirs when it is resumed', async () => {
  await act('pause');
  await put('paused-plus', 'plus');
  await put('paused-free', 'free');
  expect(await complimentary('paused-plus')).toBe(0);
  expect(await outcome('paused-plus')).toMatchObject({ outcome: 'not_yet', reason: 'paused' });
  await act('resume');
  // Behind the cursor and before it: both are covered while it runs.
  await own.ledger.runCampaignPage(ID, 20, START);
  await put('crowd-0b', 'plus');
  await put('zz', 'plus');
  const done = await runToItsEnd(own.ledger, ID, { size: 20 });
  expect(done).toMatchObject({ status: 'ongoing', matched: 52, remaining: 0 });
  for (const id of ['paused-plus', 'crowd-0b', 'zz']) expect(await complimentary(id)).toBe(1);
  expect(await outcome('paused-free')).toMatchObject({ outcome: 'excluded', reason: 'plan' });
  await expectExact();
});

test('who comes while it is canceled gets theirs when it is resumed; a start of a worker leaves it canceled', async () => {
  await act('cancel');
  await put('canceled-plus', 'plus');
  expect(await complimentary('canceled-plus')).toBe(0);
  expect(await own.ledger.keepComplimentaryCampaign(START)).toBe(ID);
  expect(await state()).toMatchObject({ status: 'canceled' });
  await act('resume');
  const done = await runToItsEnd(own.ledger, ID, { size: 20 });
  const [all] = await own.sql('SELECT count(*)::int AS matched FROM boon.accounts');
  expect(done).toMatchObject({ status: 'ongoing', ...all, remaining: 0, ended_at: null });
  expect(await complimentary('canceled-plus')).toBe(1);
  await expectExact();
});

test('other plans in the policy: it goes through everybody again, and nobody gets a second', async () => {
  await own.ledger.usePolicy(policyWith({ resets: { complimentary_plans: ['plus', 'edu'] } }), START);
  await own.ledger.keepComplimentaryCampaign(START);
  expect(await state()).toMatchObject({ status: 'running', filter: { plans: ['edu', 'plus'] } });
  await runToItsEnd(own.ledger, ID, { size: 9 });
  expect(await complimentary('new-edu')).toBe(1);
  expect(await complimentary('new-plus')).toBe(1);
  expect(await outcome('new-go')).toMatchObject({ outcome: 'granted' });
  await expectExact();
});

test('each complimentary reset is valid as the policy says that is in use when it is given', async () => {
  const other = await openTestLedger({ resets: { valid_for: 'P30D' } });
  const validDays = async (account: string) => {
    const [row] = await other.sql(
      `SELECT extract(day FROM expires_at - granted_at)::int AS days, policy_version FROM boon.resets WHERE account_id = $1`,
      [account],
    );
    return row;
  };
  const adopt = async (valid_for: string) => {
    const policy = policyWith({ resets: { valid_for } });
    await other.ledger.usePolicy(policy, START);
    await other.ledger.keepComplimentaryCampaign(START);
    return policy.version;
  };
  const v30 = await adopt('P30D');
  await runToItsEnd(other.ledger, ID);
  await seedAccount(other.ledger, 'under-30');
  const v10 = await adopt('P10D');
  const kept = await other.ledger.findCampaign(ID);
  expect(kept).toMatchObject({ status: 'ongoing', policy_version: v10, matched: 1, remaining: 0 });
  await seedAccount(other.ledger, 'under-10');
  await other.ledger.actOnCampaign({ key: newKey('cancel'), campaign_id: ID, action: 'cancel', at: START });
  const v20 = await adopt('P20D');
  expect(await other.ledger.findCampaign(ID)).toMatchObject({ status: 'canceled', policy_version: v20 });
  await seedAccount(other.ledger, 'under-20');
  await other.ledger.actOnCampaign({ key: newKey('resume'), campaign_id: ID, action: 'resume', at: START });
  await runToItsEnd(other.ledger, ID);
  // Back to what it was: an older version is in use again.
  expect(await adopt('P30D')).toBe(v30);
  await seedAccount(other.ledger, 'under-30-again');
  expect(await Promise.all(['under-30', 'under-10', 'under-20', 'under-30-again'].map(validDays))).toEqual([
    { days: 30, policy_version: v30 },
    { days: 10, policy_version: v10 },
    { days: 20, policy_version: v20 },
    { days: 30, policy_version: v30 },
  ]);
  await other.close();
});

test('a policy that names no plans begins none', async () => {
  const other = await openTestLedger({ resets: { complimentary_plans: [] } });
  expect(await other.ledger.keepComplimentaryCampaign(START)).toBeUndefined();
  await seedAccount(other.ledger, 'ada');
  expect(await other.sql('SELECT FROM boon.resets')).toEqual([]);
  await other.close();
});

test('credits can be given so as well: a welcome for each account that comes', async () => {
  const { id } = await createCampaign(own.ledger, { kind: 'grant_credits', amount: '10', ongoing: true });
  await runToItsEnd(own.ledger, id);
  await put('welcome', 'free');
  expect((await own.ledger.balance('welcome', START)).available).toBe('10');
  expect(await own.ledger.campaignFaults(id)).toEqual([]);
});

test('faults are looked for on a connection that is kept, with all that it has planned', async () => {
  const { url, encryptionKey } = own;
  const one = createPostgresLedger({ url: `${url}?application_name=faults`, encryptionKey, connections: 1 });
  const connection = () =>
    own.sql("SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = 'faults'");
  try {
    expect(await one.campaignFaults(ID)).toEqual([]);
    const kept = await connection();
    expect(kept).toHaveLength(1);
    expect(await one.campaignFaults(ID)).toEqual([]);
    expect(await connection()).toEqual(kept);
  } finally {
    await one.close();
  }
});
