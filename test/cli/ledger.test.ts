import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { boonCommand } from '../support/command-line.ts';
import { give } from '../support/gifts.ts';
import { openTestLedger, seedAccount } from '../support/test-ledger.ts';

async function ledgerOfMine() {
  const own = await openTestLedger();
  const settings = { DATABASE_URL: own.url, BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64') };
  return { own, settings };
}

test('a ledger that holds is proved check by check, and sealed', async () => {
  const { own, settings } = await ledgerOfMine();
  await seedAccount(own.ledger, 'ada', { credits: '10' });
  const verified = await boonCommand(['ledger', 'verify'], settings);
  expect(verified.code).toBe(0);
  expect(verified.out).toMatch(/^Every invariant holds\.\nLooked at 1 transfers, 1 entries, 1 lots/);
  expect(verified.err.split('\n').length).toBeGreaterThan(10);
  expect(verified.err).toContain('nothing is made or lost');
  const sealed = await boonCommand(['ledger', 'seal'], settings);
  expect(sealed.out).toBe('Sealed 1 blocks.');
  expect((await boonCommand(['ledger', 'seal', '--json'], settings)).json()).toEqual({ blocks: 0 });
  await own.close();
});

test('what was proved is kept as a checkpoint, and the next run proves what came since', async () => {
  const { own, settings } = await ledgerOfMine();
  await seedAccount(own.ledger, 'ada', { credits: '10' });
  const none = await boonCommand(['ledger', 'verify', '--since-checkpoint'], settings);
  expect(none.out).toMatch(
    /^There was no valid checkpoint: everything was proved\.\nEvery invariant holds\./,
  );
  await own.ledger.sealBlocks(new Date().toISOString());
  await boonCommand(['ledger', 'verify', '--full'], settings);
  await seedAccount(own.ledger, 'bob', { credits: '5' });
  const since = await boonCommand(['ledger', 'verify', '--since-checkpoint', '--json'], settings);
  expect(since.json()).toMatchObject({ ok: true, since_checkpoint: 2, checked: { transfers: 1, lots: 1 } });
  const both = await boonCommand(['ledger', 'verify', '--since-checkpoint', '--full'], settings);
  expect(both.code).toBe(2);
  await own.close();
});

test('a gift that is long overdue is reported', async () => {
  const { own, settings } = await ledgerOfMine();
  await seedAccount(own.ledger, 'ada', { credits: '10' });
  await seedAccount(own.ledger, 'bob');
  await give(own.ledger, 'ada', 'bob', { id: 'late' });
  const verified = await boonCommand(['ledger', 'verify'], settings);
  expect(verified.code).toBe(1);
  expect(verified.out).toContain('BROKEN  no gift is overdue: gift late is pending');
  await own.close();
});

test('a broken ledger is reported by invariant and account, with exit code 1', async () => {
  const { own, settings } = await ledgerOfMine();
  await seedAccount(own.ledger, 'ada', { credits: '10' });
  await own.sql('UPDATE boon.lots SET remaining = remaining - 1');
  const verified = await boonCommand(['ledger', 'verify'], settings);
  expect(verified.code).toBe(1);
  expect(verified.out).toMatch(/^BROKEN {2}.+: .*lot/m);
  expect(verified.err).toContain('The ledger does not hold');
  const forPrograms = await boonCommand(['ledger', 'verify', '--json'], settings);
  expect(forPrograms.json()).toMatchObject({ ok: false });
  expect(forPrograms.json().violations[0]).toHaveProperty('invariant');
  await own.sql('UPDATE boon.lots SET remaining = remaining + 1');
  await own.close();
});

test('a current schema needs no migration', async () => {
  const { own, settings } = await ledgerOfMine();
  expect((await boonCommand(['migrate'], settings)).out).toBe('The schema is current.');
  await own.close();
});

test('a database without a ledger is named, with the command that makes one', async () => {
  const { own, settings } = await ledgerOfMine();
  await own.sql('CREATE DATABASE empty_for_cli');
  const empty = new URL(own.url);
  empty.pathname = '/empty_for_cli';
  const verified = await boonCommand(['ledger', 'verify'], { ...settings, DATABASE_URL: empty.href });
  expect(verified).toMatchObject({ code: 1, out: '' });
  expect(verified.err).toBe(
    `The database at ${empty.host}/empty_for_cli has no ledger of Boon yet: run \`boon migrate\`, or set DATABASE_URL to another one.`,
  );
  await own.sql('DROP DATABASE empty_for_cli');
  await own.close();
});

test('where there is no database it is said how to get one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'boon-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { code, err } = await boonCommand(['ledger', 'verify'], { BOON_DATA_DIR: folder });
  expect(code).toBe(3);
  expect(err).toMatch(/^There is no database in \S+: `npm start` makes one, or set DATABASE_URL/);
});
