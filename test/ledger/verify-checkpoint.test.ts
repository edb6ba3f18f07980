import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../src/ledger/verify.ts';
import { createCampaign, runToItsEnd } from '../support/campaigns.ts';
import { act, give, grant } from '../support/gifts.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

let own: TestLedger;
beforeEach(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ann', { credits: '100' });
  await seedAccount(own.ledger, 'bob', { credits: '100' });
  await seedAccount(own.ledger, 'cleo');
});
afterEach(() => own.close());

const keep = () => own.ledger.verify(undefined, { keepCheckpoint: true });
const since = () => own.ledger.verify(undefined, { sinceCheckpoint: true, keepCheckpoint: true });
const broken = ({ violations }: VerifyReport) => [...new Set(violations.map(({ invariant }) => invariant))];
/** Behind the triggers' back; what is counted of it is counted at once. */
const tamper = (sql: string) =>
  own.sql(`SET LOCAL session_replication_role = replica; ${sql}; SELECT pg_stat_force_next_flush()`);

describe('verify since a checkpoint', () => {
  test('proves everything where there is none', async () => {
    expect(await since()).toMatchObject({
      ok: true,
      since_checkpoint: null,
      checked: { transfers: 2, accounts: 3 },
    });
    expect(await own.ledger.verify()).not.toHaveProperty('since_checkpoint');
  });

  test('proves what came since, sealed or not, over many checkpoints', async () => {
    await own.ledger.sealBlocks(START);
    await keep();
    const gift = await give(own.ledger, 'ann', 'bob');
    expect(await since()).toMatchObject({
      ok: true,
      since_checkpoint: 1,
      checked: { transfers: 1, blocks: 0 },
    });
    // The gift was proved before it was sealed: its part in the totals must not count twice.
    await act(own.ledger, gift, 'cancel', START);
    await give(own.ledger, 'bob', 'cleo');
    expect(await since()).toMatchObject({ ok: true, since_checkpoint: 2, checked: { transfers: 3 } });
    await own.ledger.sealBlocks(START);
    expect(await since()).toMatchObject({
      ok: true,
      since_checkpoint: 3,
      checked: { transfers: 3, blocks: 1 },
    });
    await charge(own.ledger, 'ann', { units: '10000' }).catch(() => undefined);
    await grant(own.ledger, 'cleo', '1');
    await seedAccount(own.ledger, 'dan', { credits: '3' });
    expect(await since()).toMatchObject({ ok: true, since_checkpoint: 4, checked: { blocks: 0 } });
    expect((await own.ledger.verify()).violations).toEqual([]);
  });

  test('finds what is wrong with what came since, and keeps no checkpoint then', async () => {
    await keep();
    await grant(own.ledger, 'ann', '1');
    await tamper(`UPDATE boon.ledger_accounts SET credits_posted = credits_posted + 1 WHERE id = 'ann'`);
    expect(broken(await since())).toContain('totals equal the sum of transfers');
    expect(await own.sql('SELECT count(*)::int FROM boon.checkpoints')).toEqual([{ count: 1 }]);
    await tamper(`UPDATE boon.ledger_accounts SET credits_posted = credits_posted - 1 WHERE id = 'ann'`);
  });

  test('finds totals that were changed without a transfer, of any account', async () => {
    await keep();
    await tamper(`UPDATE boon.ledger_accounts SET debits_posted = debits_posted + 1 WHERE id = 'bob'`);
    expect(broken(await since())).toContain('totals equal the sum of transfers');
    await tamper(`UPDATE boon.ledger_accounts SET debits_posted = debits_posted - 1 WHERE id = 'bob'`);
  });

  test('finds a lot that is not the sum of its entries, and a line that does not go on from the last one that was proved', async () => {
    await own.ledger.sealBlocks(START);
    await keep();
    await grant(own.ledger, 'ann', '1');
    await grant(own.ledger, 'ann', '2');
    // New rows, and not old ones, so that the checkpoint stands.
    await own.sql(`SET LOCAL session_replication_role = replica;
      UPDATE boon.lots SET remaining = remaining - 1 WHERE granted = boon_code.micro('2')`);
    const lots = await since();
    expect(lots.since_checkpoint).toBe(1);
    expect(broken(lots)).toContain('a lot is the sum of its entries');
    await own.sql(`SET LOCAL session_replication_role = replica;
      UPDATE boon.lots SET remaining = remaining + 1 WHERE granted = boon_code.micro('2')`);
    expect(broken(await since())).toEqual([]);
    await grant(own.ledger, 'ann', '3');
    await own.sql(`SET LOCAL session_replication_role = replica; CREATE TABLE public.sound AS TABLE boon.entries;
      UPDATE boon.entries SET balance_after = balance_after + 1 WHERE transfer = (SELECT max(transfer) FROM boon.entries)`);
    const lines = await since();
    expect(broken(lines)).toContain('a statement adds up line by line');
    await own.sql(
      `SET LOCAL session_replication_role = replica; DELETE FROM boon.entries; INSERT INTO boon.entries TABLE public.sound`,
    );
  });

  test('proves everything when a row that never changes was changed since, however old it is', async () => {
    await own.ledger.sealBlocks(START);
    await keep();
    await tamper(`UPDATE boon.transfers SET reference = 'x' WHERE seq = 1`);
    const report = await since();
    expect(report.since_checkpoint).toBeNull();
    expect(broken(report)).toContain('the chain of sealed blocks is whole');
    await tamper(`UPDATE boon.transfers SET reference = 'seed' WHERE seq = 1`);
  });

  test('proves everything when the chain is another one', async () => {
    await own.ledger.sealBlocks(START);
    await keep();
    await tamper(`UPDATE boon.checkpoints SET hash = sha256(hash)`);
    expect(await since()).toMatchObject({ ok: true, since_checkpoint: null });
  });

  test('leaves out what nothing was written to, and a full run does not', async () => {
    await keep();
    const checks = async (options: object) => {
      const seen: string[] = [];
      await own.ledger.verify((check) => seen.push(check), options);
      return seen;
    };
    const all = await checks({});
    let few = all;
    // PostgreSQL counts what a connection wrote a little after it was written.
    const fewer = async () => {
      await keep();
      few = await checks({ sinceCheckpoint: true });
      return few.length;
    };
    await expect.poll(fewer, { timeout: 30_000 }).toBeLessThan(all.length / 2);
    expect(few).toContain('what happened cannot be changed');
  });
});

test('what is changed in a month of uses counts as changed in uses', async () => {
  await charge(own.ledger, 'ann');
  await tamper(`UPDATE boon.usage SET units = units WHERE account_id = 'ann'`);
  const changed = async () => (await own.sql(`SELECT boon_code.written() -> 'usage' -> 1 AS uses`))[0]?.uses;
  await expect.poll(changed, { timeout: 30_000 }).toBe(1);
});

describe('clocks that are 2 seconds apart', () => {
  test('make no check fail, in whichever order the times come', async () => {
    const ahead = '2026-03-10T12:00:02.000Z';
    await grant(own.ledger, 'ann', '5', { at: ahead });
    const gift = await give(own.ledger, 'ann', 'bob', { at: START });
    await act(own.ledger, gift, 'hold', ahead);
    await act(own.ledger, gift, 'release', START);
    await act(own.ledger, gift, 'cancel', START);
    await own.ledger.putAccount('bob', { plan: 'plus', status: 'frozen' }, ahead);
    await own.ledger.putAccount('bob', { plan: 'plus', status: 'active' }, START);
    await charge(own.ledger, 'ann', { at: ahead, now: ahead });
    await charge(own.ledger, 'ann', { at: START, now: START });
    await own.ledger.sealBlocks(ahead);
    await own.ledger.sealBlocks(START);
    expect((await own.ledger.verify(undefined, { at: START })).violations).toEqual([]);
  });
});

describe('verify of campaigns since a checkpoint', () => {
  const campaign = (id: string) =>
    createCampaign(own.ledger, {
      id,
      kind: 'grant_credits',
      amount: '2',
      source: 'promotional',
      giftable: true,
    });

  test.each([
    [
      'one account without its grant',
      `UPDATE boon.campaign_accounts SET transfer = NULL WHERE campaign_id = 'second' AND account_id = 'bob'`,
    ],
    [
      'one grant for two accounts',
      `UPDATE boon.campaign_accounts SET transfer = (SELECT max(transfer) FROM boon.campaign_accounts) WHERE campaign_id = 'second'`,
    ],
    [
      'a grant to the first account, which was left out',
      `UPDATE boon.campaign_accounts SET outcome = 'plan'
       WHERE transfer = (SELECT min(transfer) FROM boon.campaign_accounts WHERE campaign_id = 'second')`,
    ],
  ])('finds %s in one that came after it', async (_, damage) => {
    await campaign('first');
    await runToItsEnd(own.ledger, 'first');
    await own.ledger.sealBlocks(START);
    await keep();
    await campaign('second');
    await runToItsEnd(own.ledger, 'second');
    // Ahead of the next count, as a fault of the campaign's own would be.
    const behindTriggers = (sql: string) => own.sql(`SET LOCAL session_replication_role = replica; ${sql}`);
    await own.sql('CREATE TABLE public.sound AS TABLE boon.campaign_accounts');
    await behindTriggers(damage);
    const report = await since();
    await behindTriggers(
      'DELETE FROM boon.campaign_accounts; INSERT INTO boon.campaign_accounts TABLE public.sound',
    );
    expect(report.since_checkpoint).toBe(1);
    expect(broken(report)).toContain('campaigns moved the credits that they granted');
  });
});
