/** Locks are taken in one order everywhere, so that writers wait for each other and never crosswise. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCampaign } from '../../support/campaigns.ts';
import { holding, untilWaiting } from '../../support/held-lock.ts';
import { invite, join, newFriend } from '../../support/referrals.ts';
import { newKey, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

/** What the transaction that holds the lock could not have, should somebody who waits for it hold it. */
const REFERRAL = 'SELECT FROM boon.referrals WHERE id = $1 FOR UPDATE NOWAIT';

test('a link that is used waits for activity that is being recorded without holding the referral', async () => {
  await seedAccount(own.ledger, 'ann', { put: { cohorts: ['codex-selective'] } });
  await newFriend(own.ledger, 'bob', START);
  const referral = await invite(own.ledger, 'ann');
  await own.sql(`INSERT INTO boon.account_activity (account_id) VALUES ('bob')`);
  const activity = `SELECT FROM boon.account_activity WHERE account_id = $1 FOR UPDATE`;
  let used: Promise<unknown> | undefined;
  await holding(own, [activity, ['bob']], async (query) => {
    used = join(own.ledger, referral, 'bob', START);
    await untilWaiting(own, 1);
    expect((await query(REFERRAL, [referral.id])).rowCount).toBe(1);
  });
  expect(await used).toMatchObject({ status: 'joined' });
});

test('links that are used together and activity of the same friends, in any order, all get through', async () => {
  await seedAccount(own.ledger, 'eve', { put: { cohorts: ['codex-selective'] } });
  const friends = Array.from({ length: 10 }, (_, n) => `friend-${n}`);
  const referrals = new Map<string, { id: string }>();
  for (const friend of friends) {
    await newFriend(own.ledger, friend, START);
    referrals.set(friend, await invite(own.ledger, 'eve'));
  }
  const deadlocks = async () => {
    await own.sql('SELECT pg_stat_clear_snapshot()');
    return (await own.sql('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'))[0];
  };
  const before = await deadlocks();
  const prompts = (id: number) =>
    friends.map((account_id) => ({ id: `p${id}`, account_id, kind: 'prompt' as const, at: START }));
  await Promise.all([
    ...friends
      .toReversed()
      .map((friend) => join(own.ledger, referrals.get(friend) ?? { id: '' }, friend, START)),
    ...[1, 2, 3].flatMap(prompts).map((event) => own.ledger.recordActivity(event)),
  ]);
  for (const { id } of referrals.values()) {
    expect(await own.ledger.findReferral(id)).toMatchObject({ status: 'qualified', prompts_seen: 3 });
  }
  expect(await deadlocks()).toEqual(before);
});

test('activity that waits for an account holds none that comes after it, however many events each has', async () => {
  for (const id of ['kim', 'lee']) {
    await seedAccount(own.ledger, id);
    await own.ledger.recordActivity({ id: 'first', account_id: id, kind: 'login', at: START });
  }
  const activity = 'SELECT FROM boon.account_activity WHERE account_id = $1 FOR UPDATE';
  const events = [
    ['lee', 'p1'],
    ['lee', 'p2'],
    ['kim', 'p1'],
  ] as const;
  let recorded: Promise<unknown> | undefined;
  await holding(own, [activity, ['kim']], async (query) => {
    recorded = Promise.all(
      events.map(([account_id, id]) =>
        own.ledger.recordActivity({ id, account_id, kind: 'prompt', at: START }),
      ),
    );
    await untilWaiting(own, 1);
    expect((await query(`${activity} NOWAIT`, ['lee'])).rowCount).toBe(1);
  });
  await recorded;
  const rows = await own.sql(
    `SELECT cardinality(prompts) AS prompts FROM boon.account_activity WHERE account_id IN ('kim', 'lee') ORDER BY account_id`,
  );
  expect(rows).toEqual([{ prompts: 1 }, { prompts: 2 }]);
});

test('activity whose row is taken away while it waits, as by a link that was not used after all, is noted in a new one', async () => {
  await seedAccount(own.ledger, 'max');
  await own.sql(`INSERT INTO boon.account_activity (account_id) VALUES ('max')`);
  const taken = 'DELETE FROM boon.account_activity WHERE account_id = $1';
  let recorded: Promise<unknown> | undefined;
  await holding(own, [taken, ['max']], async (query) => {
    recorded = own.ledger.recordActivity({ id: 'p1', account_id: 'max', kind: 'prompt', at: START });
    await untilWaiting(own, 1);
    await query('COMMIT');
  });
  await recorded;
  const rows = await own.sql(
    `SELECT cardinality(prompts) AS prompts FROM boon.account_activity WHERE account_id = 'max'`,
  );
  expect(rows).toEqual([{ prompts: 1 }]);
});

/** What an account that is put waits for, and a campaign that begins takes alone. */
const CAMPAIGNS = `SELECT pg_try_advisory_xact_lock_shared(hashtext('boon.campaigns')) AS free`;

test('a resume that waits for a campaign’s page keeps no account waiting that is put', async () => {
  await seedAccount(own.ledger, 'zoe');
  const { id } = await createCampaign(own.ledger, { ongoing: true });
  const account = 'SELECT FROM boon.ledger_accounts WHERE id = $1 FOR UPDATE';
  let others: Promise<unknown> | undefined;
  await holding(own, [account, ['zoe']], async (query) => {
    const page = own.ledger.runCampaignPage(id, 100, START);
    await untilWaiting(own, 1);
    const resume = { key: newKey('resume'), campaign_id: id, action: 'resume', at: START } as const;
    others = Promise.all([page, own.ledger.actOnCampaign(resume)]);
    await untilWaiting(own, 2);
    expect((await query(CAMPAIGNS)).rows).toEqual([{ free: true }]);
  });
  await others;
  expect(await own.ledger.findCampaign(id)).toMatchObject({ status: 'ongoing', remaining: 0 });
});

test('an account that moves from excluded to granted counts both in one order', async () => {
  const { id } = await createCampaign(own.ledger, { ongoing: true, filter: { plans: ['pro'] } });
  await seedAccount(own.ledger, 'max', { put: { plan: 'free' } });
  await own.ledger.runCampaignPage(id, 100, START);
  const slots = `FROM boon.campaign_tallies WHERE campaign_id = $1 AND outcome = $2`;
  // Whichever slot the ledger's connection counts in, its row is there.
  await own.sql(
    `INSERT INTO boon.campaign_tallies SELECT $1, late, outcome, slot, 0
     FROM unnest(ARRAY[true, false]) late, unnest(ARRAY['granted', 'plan']::boon.campaign_outcome[]) outcome, generate_series(0, 15) slot
     ON CONFLICT DO NOTHING`,
    [id],
  );
  let put: Promise<unknown> | undefined;
  await holding(own, [`SELECT ${slots} FOR UPDATE`, [id, 'granted']], async (query) => {
    put = own.ledger.putAccount('max', { plan: 'pro' }, START);
    await untilWaiting(own, 1);
    expect((await query(`SELECT ${slots} FOR UPDATE NOWAIT`, [id, 'plan'])).rowCount).toBe(32);
  });
  await put;
  expect(await own.ledger.campaignAccount(id, 'max')).toMatchObject({ outcome: 'granted' });
});
