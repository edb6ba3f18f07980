import pg from 'pg';
import { expect, test } from 'vitest';
import { startBoon } from '../../src/testing/index.ts';
import { catchMails } from '../support/mail-catcher.ts';

test('two harnesses in one process share nothing but the database server', async () => {
  await using one = await startBoon({ accounts: { ada: { credits: '10' } } });
  await using two = await startBoon({ accounts: { ada: { credits: '20' } } });
  await one.advance('30 days');
  expect(one.now().getTime() - two.now().getTime()).toBeGreaterThan(29 * 86_400_000);
  expect((await one.balance('ada')).available).toBe('10');
  expect((await two.balance('ada')).available).toBe('20');
});

test('a harness can be started again after the last one has stopped, and stopping twice is harmless', async () => {
  const boon = await startBoon({ accounts: { ada: { credits: '1' } } });
  await Promise.all([boon.stop(), boon.stop()]);
  await expect(boon.balance('ada')).rejects.toThrow();
});

test('stopping fails with the invariant that is broken, and ends every part all the same', async () => {
  const boon = await startBoon({ accounts: { ada: { credits: '10' } } });
  const client = new pg.Client({ connectionString: boon.databaseUrl });
  await client.connect();
  await client.query('UPDATE boon.lots SET remaining = remaining - 1');
  await client.end();
  expect((await boon.verify()).ok).toBe(false);
  await expect(boon.stop()).rejects.toThrow(/The ledger does not hold:\n {2}.+lot/);
  await expect(boon.balance('ada')).rejects.toThrow('No answer');
});

test('mails go to a mail server where one is given', async () => {
  const mail = await catchMails();
  try {
    await using boon = await startBoon({ smtp: mail.url, accounts: { ada: { credits: '10' } } });
    await boon.client.transfers.create({ from: 'ada', to: { email: 'hedy@example.com' }, amount: '1' });
    await expect
      .poll(() => mail.mails.map(({ to }) => to), { timeout: 10_000 })
      .toEqual([['hedy@example.com']]);
    expect(boon.mails).toEqual([]);
  } finally {
    await mail.close();
  }
});

test('a mail that the mail server did not take is tried again as time passes', async () => {
  const mail = await catchMails();
  mail.refuseWith(451);
  try {
    await using boon = await startBoon({ smtp: mail.url, accounts: { ada: { credits: '10' } } });
    await boon.client.transfers.create({ from: 'ada', to: { email: 'hedy@example.com' }, amount: '1' });
    await expect.poll(() => mail.tries(), { timeout: 10_000 }).toBeGreaterThan(0);
    mail.refuseWith(undefined);
    await boon.advance('1 hour');
    expect(mail.mails.map(({ to }) => to)).toEqual([['hedy@example.com']]);
  } finally {
    await mail.close();
  }
});

test('a policy that does not validate starts nothing', async () => {
  await expect(startBoon({ policy: { gifts: { min: '-1' } } })).rejects.toThrow('gifts.min');
});
