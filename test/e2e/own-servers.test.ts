import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { boonStart } from '../support/local-start.ts';
import { catchMails } from '../support/mail-catcher.ts';
import { devServer } from '../support/temporal-server.ts';

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boon-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the local start uses a PostgreSQL, a Temporal and a mail server of one’s own, and leaves them as they are', {
  timeout: 240_000,
}, async () => {
  const adminUrl = inject('postgresUrl');
  const name = `own_${randomBytes(4).toString('hex')}`;
  const databaseUrl = await createDatabase(adminUrl, name);
  onTestFinished(() => dropDatabase(adminUrl, name));
  const temporal = await devServer();
  onTestFinished(() => temporal.close());
  const mail = await catchMails();
  onTestFinished(() => mail.close());
  const folder = dataFolder();
  const settings = {
    BOON_DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    BOON_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    TEMPORAL_ADDRESS: temporal.address,
    BOON_SMTP_URL: mail.url,
  };

  const start = boonStart(settings);
  await start.untilPrinted('Boon runs', 180_000);
  expect(start.output()).toContain('the mail with the claim link goes to the mail server');
  expect(start.output()).toContain(`the one of the Temporal at ${temporal.address}`);
  expect(start.output().match(/has settled at/g)).toHaveLength(3);
  // The claim link may be missing: the story claims at once, and a gift that is claimed is not mailed any more.
  const rewards = () => mail.mails.filter(({ to }) => to.some((address) => address.startsWith('ada_')));
  await expect.poll(() => rewards().length, { timeout: 60_000 }).toBe(3);
  expect(existsSync(join(folder, 'postgres'))).toBe(false);
  expect(existsSync(join(folder, 'temporal'))).toBe(false);
  expect(existsSync(join(folder, 'mail'))).toBe(false);
  start.ctrlC();
  expect(await start.ended).toBe(0);
  await temporal.client.connection.workflowService.getSystemInfo({});

  // The key was made with the database and stays with the folder; another folder does not take its place.
  expect(readFileSync(join(folder, 'api-key'), 'utf8')).toMatch(/^boon_sk_/);
  const stranger = boonStart({ ...settings, BOON_DATA_DIR: dataFolder() });
  await stranger.untilPrinted('Boon runs');
  expect(stranger.output()).toContain('The story is not played: set BOON_API_KEY');
  stranger.ctrlC();
  expect(await stranger.ended).toBe(0);
});
