import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createCampaign, fillAccounts, runToItsEnd } from '../../support/campaigns.ts';
import {
  expectVerified,
  later,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await fillAccounts(own, 50);
});
afterAll(() => own.close());

async function resetsOf(program: string): Promise<Record<string, number>> {
  const rows = await own.sql(
    'SELECT account_id, count(*)::int FROM boon.resets WHERE program = $1 GROUP BY 1',
    [program],
  );
  return Object.fromEntries(rows.map((row) => [row.account_id, row.count])) as Record<string, number>;
}

describe('granting', () => {
  test('a reset for each account of the plans, once, and every other account excluded with its reason', async () => {
    await own.ledger.putAccount('u00001', { plan: 'plus', status: 'frozen' }, START);
    await own.ledger.putAccount('u00002', { plan: 'plus', status: 'closed' }, START);
    await own.ledger.putAccount('u00003', { plan: 'plus', kind: 'organisation' }, START);
    const { id } = await createCampaign(own.ledger, { filter: { plans: ['plus'] }, resets: 2 });
    const done = await runToItsEnd(own.ledger, id, { size: 7 });
    expect(done).toMatchObject({
      status: 'completed',
      matched: 50,
      granted: 43,
      excluded: { closed: 1, frozen: 1, plan: 5 },
      remaining: 0,
    });
    const made = await resetsOf(id);
    expect(Object.keys(made)).toHaveLength(43);
    expect(new Set(Object.values(made))).toEqual(new Set([2]));
    expect(await own.ledger.campaignFaults(id)).toEqual([]);
    await expectVerified(own.ledger);
  });

  test('asked for twice at the same moment, under one key and id, is made once, and both get it', async () => {
    const { url, encryptionKey } = own;
    const other = createPostgresLedger({ url, encryptionKey });
    await other.usePolicy(policyWith(), START);
    try {
      for (let n = 0; n < 5; n++) {
        const request = {
          key: newKey('campaign'),
          at: START,
          id: `cmp_twice_${n}`,
          kind: 'reset_windows',
          reason: 'outage',
        } as const;
        const answers = await Promise.all(
          [own.ledger, other].map((ledger) => ledger.createCampaign(request)),
        );
        expect(answers.map(({ value }) => value.id)).toEqual([request.id, request.id]);
        expect(answers.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
      }
    } finally {
      await other.close();
    }
  });

  test.each([1, 49, 50, 51])('every account is done with pages of %i', async (size) => {
    const { id } = await createCampaign(own.ledger);
    expect(await runToItsEnd(own.ledger, id, { size })).toMatchObject({
      matched: 50,
      granted: 48,
      remaining: 0,
    });
    expect(Object.keys(await resetsOf(id))).toHaveLength(48);
  });

  test('banked resets are valid for as long as the policy says, and reported in events', async () => {
    const { id } = await createCampaign(own.ledger);
    await runToItsEnd(own.ledger, id);
    const [row] = await own.sql(
      `SELECT r.expires_at, r.source::text, r.status::text, e.type, e.accounts, m.kind::text
       FROM boon.resets r JOIN boon.events e ON e.subject = r.id::text AND e.type = 'reset.granted' JOIN boon.reset_movements m ON m.reset_id = r.id
       WHERE r.program = $1 AND r.account_id = 'u00009'`,
      [id],
    );
    expect(row).toEqual({
      expires_at: new Date(later(START, { days: 30 })),
      source: 'campaign',
      status: 'available',
      type: 'reset.granted',
      accounts: ['u00009'],
      kind: 'granted',
    });
  });

  test('only accounts in one of the cohorts', async () => {
    await own.ledger.putAccount('u00011', { plan: 'plus', cohorts: ['beta', 'press'] }, START);
    const { id } = await createCampaign(own.ledger, { filter: { cohorts: ['beta', 'early'] } });
    const done = await runToItsEnd(own.ledger, id);
    expect(done).toMatchObject({
      granted: 1,
      excluded: { closed: 1, frozen: 1, cohort: 47 },
    });
    expect(await resetsOf(id)).toEqual({ u00011: 1 });
  });

  test('credits become a lot, a transfer out of issuance and a line of the statement', async () => {
    const { id } = await createCampaign(own.ledger, {
      kind: 'grant_credits',
      amount: '2.5',
      valid_for: 'P30D',
      filter: { plans: ['free'] },
    });
    expect(await runToItsEnd(own.ledger, id, { size: 3 })).toMatchObject({
      granted: 5,
      excluded: { plan: 43 },
    });
    const balance = await own.ledger.balance('u00010', START);
    expect(balance).toMatchObject({ available: '2.5' });
    expect(balance.lots).toMatchObject([
      { source: 'promotional', granted: '2.5', giftable: false, expires_at: later(START, { days: 30 }) },
    ]);
    const { data } = await own.ledger.statement('u00010', { limit: 5 });
    expect(data).toMatchObject([
      { kind: 'grant', amount: '2.5', balance_after: '2.5', reference: `campaign/${id}` },
    ]);
    await expectVerified(own.ledger);
  });

  test('credits go to organisations too, and an account may have had some before', async () => {
    const { id } = await createCampaign(own.ledger, { kind: 'grant_credits', amount: '1', source: 'earned' });
    await runToItsEnd(own.ledger, id);
    expect((await own.ledger.balance('u00003', START)).available).toBe('1');
    expect((await own.ledger.balance('u00010', START)).available).toBe('3.5');
    await expectVerified(own.ledger);
  });

  test('credits that would be expired by the time of a page are not granted', async () => {
    const expires_at = later(START, { hours: 1 });
    const { id } = await createCampaign(own.ledger, { kind: 'grant_credits', amount: '1', expires_at });
    await own.ledger.runCampaignPage(id, 10, later(START, { minutes: 59 }));
    const done = await runToItsEnd(own.ledger, id, { at: expires_at });
    expect(done).toMatchObject({ granted: 8, excluded: { closed: 1, frozen: 1, too_late: 40 } });
    await expect(
      createCampaign(own.ledger, { kind: 'grant_credits', amount: '1', expires_at: START }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('windows', () => {
  const use = (account: string, at: string) => charge(own.ledger, account, { at });
  const windows = (account: string) =>
    own.sql(
      'SELECT kind::text, used::int, started_at FROM boon.usage_windows WHERE account_id = $1 ORDER BY kind',
      [account],
    );

  test('those of everybody who has used something are restored as a redemption restores them', async () => {
    const now = later(START, { hours: 1 });
    await use('u00021', START);
    await use('u00022', later(START, { days: -8 }));
    const { id } = await createCampaign(own.ledger, { kind: 'reset_windows', at: now });
    const done = await runToItsEnd(own.ledger, id, { at: now });
    expect(done).toMatchObject({ granted: 1, excluded: { nothing_to_reset: 47 } });
    expect(await windows('u00021')).toEqual([
      { kind: 'five_hour', used: 0, started_at: new Date(now) },
      { kind: 'weekly', used: 0, started_at: new Date(START) },
    ]);
    expect(await own.ledger.campaignAccount(id, 'u00022')).toMatchObject({
      outcome: 'excluded',
      reason: 'nothing_to_reset',
    });
    await expectVerified(own.ledger);
  });

  test('a reset that was redeemed within the last day comes back, used since or not', async () => {
    const { id: granted } = await createCampaign(own.ledger, { filter: { plans: ['plus'] } });
    await runToItsEnd(own.ledger, granted);
    for (const [account, hours] of [
      ['u00031', 1],
      ['u00032', 30],
    ] as const) {
      const at = later(START, { hours: 40 - hours });
      await use(account, at);
      await own.sql('SELECT * FROM boon_code.redeem_resets($1, $2)', [
        policyWith().version,
        JSON.stringify([{ i: 0, account_id: account, request_id: 'r', at, dry_run: false }]),
      ]);
    }
    const { id } = await createCampaign(own.ledger, { kind: 'reset_windows' });
    await runToItsEnd(own.ledger, id, { at: later(START, { hours: 40 }) });
    const came = await own.sql(`SELECT account_id FROM boon.resets WHERE source = 'return' ORDER BY 1`);
    expect(came).toEqual([{ account_id: 'u00031' }]);
    await expectVerified(own.ledger);
  });
});

describe('windows at their end', () => {
  const BEGAN = later(START, { days: 20 });
  const WEEK = { days: 7 };

  test.each([
    ['a millisecond before the weekly window ends', -1, 'granted'],
    ['at the very moment', 0, 'nothing_to_reset'],
    ['a millisecond after', 1, 'nothing_to_reset'],
  ] as const)('%s', async (_, ms, outcome) => {
    const account = `u000${36 + ms}`;
    const at = later(later(BEGAN, WEEK), { ms });
    await charge(own.ledger, account, { at: BEGAN, units: '3' });
    const { id } = await createCampaign(own.ledger, { kind: 'reset_windows', at });
    await runToItsEnd(own.ledger, id, { at });
    const { outcome: told, reason } = await own.ledger.campaignAccount(id, account);
    expect(told === 'granted' ? told : reason).toBe(outcome);
    const limits = await own.ledger.limits(account, at);
    expect(limits.windows.weekly).toMatchObject({ used: '0' });
    await expectVerified(own.ledger);
  });

  test.each([
    ['a millisecond before the 5-hour window ends, it begins anew', -1, 0],
    ['at the very moment, it has ended and stays so', 0, undefined],
    ['a millisecond after, it has ended and stays so', 1, undefined],
  ] as const)('%s', async (_, ms, begins) => {
    const account = `u000${46 + ms}`;
    const at = later(later(BEGAN, { hours: 5 }), { ms });
    await charge(own.ledger, account, { at: BEGAN, units: '3' });
    const { id } = await createCampaign(own.ledger, { kind: 'reset_windows', at });
    await runToItsEnd(own.ledger, id, { at });
    const [row] = await own.sql(
      `SELECT used::int, started_at FROM boon.usage_windows WHERE account_id = $1 AND kind = 'five_hour'`,
      [account],
    );
    expect(row).toEqual({ used: 0, started_at: new Date(begins === undefined ? BEGAN : at) });
    expect((await own.ledger.limits(account, at)).windows).toMatchObject({
      five_hour: { used: '0' },
      weekly: { used: '0' },
    });
    // The next use opens a window of its own only where the old one has ended.
    await charge(own.ledger, account, { at: later(at, { ms: 10 }), units: '1' });
    const after = await own.ledger.limits(account, later(at, { ms: 10 }));
    expect(after.windows).toMatchObject({ five_hour: { used: '1' }, weekly: { used: '1' } });
    await expectVerified(own.ledger);
  });

  test('a window that another clock opened a moment after the page is restored where it began', async () => {
    const opened = later(START, { days: 40 });
    await charge(own.ledger, 'u00048', { at: opened, units: '3' });
    const { id } = await createCampaign(own.ledger, { kind: 'reset_windows', at: START });
    await runToItsEnd(own.ledger, id, { at: later(opened, { seconds: -2 }) });
    const rows = await own.sql(
      `SELECT used::int, started_at FROM boon.usage_windows WHERE account_id = 'u00048' ORDER BY kind`,
    );
    expect(rows).toEqual([
      { used: 0, started_at: new Date(opened) },
      { used: 0, started_at: new Date(opened) },
    ]);
  });
});

describe('who is covered', () => {
  test('accounts that the ledger knew when it began; one that comes later is told so', async () => {
    const { id } = await createCampaign(own.ledger);
    await own.ledger.runCampaignPage(id, 10, START);
    // It would be behind the cursor or before it, and claims to be old.
    await seedAccount(own.ledger, 'a-late-one');
    await seedAccount(own.ledger, 'z-late-one');
    expect(await runToItsEnd(own.ledger, id, { size: 10 })).toMatchObject({ matched: 50, remaining: 0 });
    expect(await own.ledger.campaignAccount(id, 'z-late-one')).toMatchObject({
      outcome: 'excluded',
      reason: 'created_later',
      at: null,
    });
  });

  test('an account that changes while it runs is judged when its page comes', async () => {
    await own.ledger.putAccount('u00041', { plan: 'free' }, START);
    const { id } = await createCampaign(own.ledger, { filter: { plans: ['free'] } });
    await own.ledger.runCampaignPage(id, 30, START);
    expect(await own.ledger.campaignAccount(id, 'u00041')).toMatchObject({
      outcome: 'not_yet',
      reason: null,
    });
    await own.ledger.putAccount('u00041', { plan: 'pro' }, START);
    await own.ledger.putAccount('u00042', { plan: 'free' }, START);
    await own.ledger.putAccount('u00004', { plan: 'free' }, START);
    await runToItsEnd(own.ledger, id);
    expect(await own.ledger.campaignAccount(id, 'u00041')).toMatchObject({
      outcome: 'excluded',
      reason: 'plan',
    });
    expect(await own.ledger.campaignAccount(id, 'u00042')).toMatchObject({ outcome: 'granted', at: START });
    // Its page had passed: a campaign that is not ongoing comes to each account once.
    expect(await own.ledger.campaignAccount(id, 'u00004')).toMatchObject({
      outcome: 'excluded',
      reason: 'plan',
    });
  });

  test('nobody knows of an account or campaign that does not exist', async () => {
    const { id } = await createCampaign(own.ledger);
    await expect(own.ledger.campaignAccount(id, 'nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(own.ledger.campaignAccount('nothing', 'u00001')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(own.ledger.findCampaign('nothing')).rejects.toMatchObject({ code: 'not_found' });
    await expect(own.ledger.runCampaignPage('nothing', 1, START)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('a campaign over no accounts completes', async () => {
    const empty = await openTestLedger();
    const { id } = await createCampaign(empty.ledger);
    expect(await empty.ledger.runCampaignPage(id, 10, START)).toMatchObject({
      status: 'completed',
      matched: 0,
      remaining: 0,
    });
    await empty.close();
  });
});

describe('pausing, resuming, canceling', () => {
  const act = (campaign_id: string, action: 'pause' | 'resume' | 'cancel', key = newKey(action)) =>
    own.ledger.actOnCampaign({ key, campaign_id, action, at: START, reason: 'because', by: 'mia' });

  test('a paused campaign grants nothing; resumed, it goes on behind its last page', async () => {
    const { id } = await createCampaign(own.ledger);
    await own.ledger.runCampaignPage(id, 10, START);
    expect((await act(id, 'pause')).value).toMatchObject({ status: 'paused' });
    const before = await own.ledger.runCampaignPage(id, 10, START);
    expect(before).toMatchObject({ status: 'paused', remaining: 42 });
    expect((await act(id, 'pause')).value.status).toBe('paused');
    expect((await act(id, 'resume')).value.status).toBe('running');
    expect(await runToItsEnd(own.ledger, id)).toMatchObject({ status: 'completed', remaining: 0 });
    const told = await own.sql(
      `SELECT type, data ->> 'by' AS by FROM boon.events WHERE subject = $1 ORDER BY seq`,
      [id],
    );
    expect(told).toEqual([
      { type: 'campaign.created', by: null },
      { type: 'campaign.paused', by: 'mia' },
      { type: 'campaign.resumed', by: 'mia' },
      { type: 'campaign.completed', by: null },
    ]);
  });

  test('a canceled campaign keeps what it granted, and does nothing until it is resumed', async () => {
    const { id } = await createCampaign(own.ledger);
    await own.ledger.runCampaignPage(id, 10, START);
    expect((await act(id, 'cancel')).value).toMatchObject({ status: 'canceled', ended_at: START });
    expect(await own.ledger.runCampaignPage(id, 10, START)).toMatchObject({ status: 'canceled', granted: 8 });
    await expect(act(id, 'pause')).rejects.toMatchObject({ code: 'campaign_ended' });
    expect(await own.ledger.campaignAccount(id, 'u00040')).toMatchObject({
      outcome: 'not_yet',
      reason: 'canceled',
    });
  });

  test('a canceled campaign that is resumed goes on behind its last page, and grants each account once', async () => {
    const { id } = await createCampaign(own.ledger);
    await own.ledger.runCampaignPage(id, 10, START);
    await act(id, 'cancel');
    const { value } = await act(id, 'resume');
    expect(value).toMatchObject({ status: 'running', ended_at: null, granted: 8, remaining: 42 });
    expect(await own.ledger.openCampaigns()).toContain(id);
    expect(await runToItsEnd(own.ledger, id)).toMatchObject({ status: 'completed', remaining: 0 });
    expect(await own.ledger.campaignFaults(id)).toEqual([]);
    // What has gone through everybody has nothing to go on with.
    for (const action of ['resume', 'cancel', 'pause'] as const)
      await expect(act(id, action)).rejects.toMatchObject({ code: 'campaign_ended' });
  });

  test.each(['cancel', 'pause'] as const)(
    'one that is stopped before its first page (%s) says how many it covers',
    async (action) => {
      const { id, matched } = await createCampaign(own.ledger);
      expect(matched).toBeNull();
      const [all] = await own.sql('SELECT count(*)::int AS accounts FROM boon.accounts');
      const stopped = { matched: all?.accounts, remaining: all?.accounts, granted: 0 };
      expect((await act(id, action)).value).toMatchObject(stopped);
      // Whoever comes later is none of them.
      await seedAccount(own.ledger, `after-${action}`);
      expect(await own.ledger.findCampaign(id)).toMatchObject(stopped);
      expect((await act(id, 'cancel')).value).toMatchObject(stopped);
      await act(id, 'resume');
      expect(await runToItsEnd(own.ledger, id)).toMatchObject({ matched: all?.accounts, remaining: 0 });
    },
  );

  test('an ongoing one that is resumed, which begins again, and is stopped at once counts everybody anew', async () => {
    const { id } = await createCampaign(own.ledger, { ongoing: true });
    await runToItsEnd(own.ledger, id);
    await act(id, 'pause');
    await seedAccount(own.ledger, 'came-meanwhile');
    await act(id, 'resume');
    const [all] = await own.sql('SELECT count(*)::int AS accounts FROM boon.accounts');
    expect((await act(id, 'cancel')).value).toMatchObject({ matched: all?.accounts, remaining: 1 });
  });

  test('the same key answers the same again, with another request it is refused', async () => {
    const request = {
      id: 'cmp_twice',
      key: newKey('campaign'),
      at: START,
      kind: 'grant_reset',
      reason: 'twice',
    } as const;
    expect((await own.ledger.createCampaign(request)).replayed).toBe(false);
    const again = await own.ledger.createCampaign({ ...request, id: 'cmp_other' });
    expect(again).toMatchObject({ replayed: true, value: { id: 'cmp_twice' } });
    await expect(own.ledger.createCampaign({ ...request, resets: 2 })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    const key = newKey('cancel');
    await act('cmp_twice', 'cancel', key);
    expect(await act('cmp_twice', 'cancel', key)).toMatchObject({ replayed: true });
  });
});

describe('at the same time', () => {
  test('two ledgers on one campaign: each account is granted once', async () => {
    const other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
    const { id } = await createCampaign(own.ledger, { kind: 'grant_credits', amount: '1' });
    const [one, two] = await Promise.all([
      runToItsEnd(own.ledger, id, { size: 3 }),
      runToItsEnd(other, id, { size: 4 }),
    ]);
    expect([one.status, two.status]).toEqual(['completed', 'completed']);
    expect(await own.ledger.campaignFaults(id)).toEqual([]);
    await other.close();
  });

  test('accounts that are put while campaigns begin and run are in it or not, and never half', async () => {
    const puts = Array.from({ length: 60 }, (_, i) => seedAccount(own.ledger, `race-${i % 30}-${i % 2}`));
    const campaigns = Array.from({ length: 5 }, async () => {
      const { id } = await createCampaign(own.ledger);
      return await runToItsEnd(own.ledger, id, { size: 5 });
    });
    await Promise.all(puts);
    for (const campaign of await Promise.all(campaigns)) {
      expect(campaign.remaining).toBe(0);
      expect(await own.ledger.campaignFaults(campaign.id)).toEqual([]);
    }
    await expectVerified(own.ledger);
  });
});
