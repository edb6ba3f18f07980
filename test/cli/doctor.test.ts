import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { freePort } from '../../src/local/ports.ts';
import { keepSchedules } from '../../src/temporal/schedules.ts';
import { boonCommand } from '../support/command-line.ts';
import { catchMails, type MailCatcher } from '../support/mail-catcher.ts';
import { devServer, type TestTemporal } from '../support/temporal-server.ts';
import { openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { openTestServer } from '../support/test-server.ts';

let temporal: TestTemporal;
let own: TestLedger;
let mail: MailCatcher;
let folder: string;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boon-doctor-'));
  temporal = await devServer({ searchAttributes: SEARCH_ATTRIBUTES });
  own = await openTestLedger();
  mail = await catchMails();
  settings = {
    DATABASE_URL: own.url,
    BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64'),
    TEMPORAL_ADDRESS: temporal.address,
    BOON_SMTP_URL: mail.url,
    BOON_DATA_DIR: folder,
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
  };
});
afterAll(async () => {
  await mail?.close();
  await own?.close();
  await temporal?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function examined(changes: Record<string, string> = {}) {
  const { code, json } = await boonCommand(['doctor', '--json'], { ...settings, ...changes });
  const findings: Finding[] = json().findings;
  return { code, of: (part: string) => findings.find((finding) => finding.part === part) };
}

test('each part is looked at, and what a worker would make is named while none has run', async () => {
  const { code, of } = await examined();
  expect(code).toBe(1);
  expect(of('Node.js')?.state).toBe('ok');
  expect(of('policy')).toMatchObject({ state: 'ok', detail: expect.stringContaining('as shipped') });
  expect(of('PostgreSQL')?.state).toBe('ok');
  expect(of('schema')?.state).toBe('ok');
  expect(of('clock of the database')?.state).toBe('ok');
  expect(of('open gifts')).toMatchObject({ state: 'ok', detail: '0, none overdue' });
  expect(of('open cases')).toMatchObject({ state: 'ok', detail: 'none' });
  expect(of('Temporal')?.state).toBe('ok');
  expect(of('search attributes')?.state).toBe('ok');
  expect(of('mail server')?.state).toBe('ok');
  expect(of('schedule boon-reconcile')).toMatchObject({
    state: 'fault',
    fix: expect.stringContaining('worker'),
  });
  expect(of('workers')).toMatchObject({
    state: 'fault',
    detail: `none on the task queue ${TASK_QUEUE} at ${temporal.address}`,
    fix: expect.stringContaining(`TEMPORAL_ADDRESS=${temporal.address} boon worker`),
  });
  expect(of('HTTP server')).toMatchObject({ state: 'warning', fix: expect.stringContaining('BOON_URL') });
});

test('a paused schedule is a warning with the command that goes on', async () => {
  await keepSchedules(temporal.client, TASK_QUEUE);
  await temporal.client.schedule.getHandle('boon-expiry').pause('for the test');
  const { of } = await examined();
  expect(of('schedule boon-reconcile')?.state).toBe('ok');
  expect(of('schedule boon-expiry')).toMatchObject({
    state: 'warning',
    detail: 'paused: for the test',
    fix: `Run \`temporal schedule toggle --unpause --schedule-id boon-expiry --address ${temporal.address} --namespace default\`.`,
  });
});

test('what does not answer is a fault with its setting, and the rest is looked at all the same', async () => {
  const port = await freePort();
  const { code, of } = await examined({
    DATABASE_URL: `postgresql://boon:secret@127.0.0.1:${port}/boon`,
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    BOON_SMTP_URL: `smtp://127.0.0.1:${port}`,
    BOON_URL: `http://127.0.0.1:${port}`,
    BOON_POLICY: join(folder, 'none.json'),
  });
  expect(code).toBe(1);
  expect(of('policy')?.state).toBe('fault');
  expect(of('HTTP server')).toMatchObject({
    state: 'fault',
    fix: expect.stringContaining(`http://127.0.0.1:${port} (\`npm start\``),
  });
  expect(of('PostgreSQL')).toMatchObject({ state: 'fault', fix: expect.stringContaining('DATABASE_URL') });
  expect(of('PostgreSQL')?.detail).not.toContain('secret');
  expect(of('Temporal')).toMatchObject({ state: 'fault', fix: expect.stringContaining('TEMPORAL_ADDRESS') });
  expect(of('mail server')).toMatchObject({ state: 'fault', fix: expect.stringContaining('BOON_SMTP_URL') });
});

test('another policy than the server’s is a warning that names both', async () => {
  const server = await openTestServer();
  onTestFinished(() => server.close());
  const { version, policy } = (await server.send('GET', '/v1/policy')).json;
  const file = join(folder, 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  const here = { BOON_URL: server.baseUrl, BOON_POLICY: file };
  expect((await examined(here)).of('policy of the HTTP server')).toBeUndefined();
  writeFileSync(file, '{"gifts":{"settlement":"PT1H"}}');
  expect((await examined(here)).of('policy of the HTTP server')).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(new RegExp(`^${version}, and BOON_POLICY here is p_[0-9a-f]{16}$`)),
    fix: expect.stringContaining(server.baseUrl),
  });
});

test('each fault of a policy is a line of its own', async () => {
  const policy = join(folder, 'faulty.json');
  writeFileSync(policy, '{"gifts":{"settlement":"soon","min":0}}');
  const { code, out } = await boonCommand(['doctor'], { ...settings, BOON_POLICY: policy });
  expect(code).toBe(1);
  expect(out).toContain(`FAULT  policy: ${policy}: gifts.settlement: must be an ISO 8601 duration`);
  expect(out).toContain(`FAULT  policy: ${policy}: gifts.min: must be a decimal string`);
});

test('something else in place of the HTTP server is a fault', async () => {
  const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { of } = await examined({ BOON_URL: url });
  expect(of('HTTP server')).toMatchObject({
    state: 'fault',
    detail: `something else than Boon answers at ${url} (200)`,
  });
});

test('a local start that ran and runs no longer is a fault', async () => {
  const data = join(folder, 'ran-before');
  mkdirSync(join(data, 'postgres', 'data'), { recursive: true });
  const { PATH, HOME } = settings;
  const { code, out } = await boonCommand(['doctor'], {
    BOON_DATA_DIR: data,
    PATH: String(PATH),
    HOME: String(HOME),
  });
  expect(code).toBe(1);
  expect(out).toContain(`FAULT  HTTP server: the Boon of ${data} does not run, so nothing settles\n`);
  expect(out).toContain(`BOON_DATA_DIR=${data} npm start`);
});

test('settings that cannot be read are each named', async () => {
  const { code, out } = await boonCommand(['doctor'], { PORT: 'http', BOON_LOG_LEVEL: 'loud' });
  expect(code).toBe(1);
  expect(out).toMatch(/FAULT {2}settings: PORT must be a whole number/);
  expect(out).toMatch(/FAULT {2}settings: BOON_LOG_LEVEL must be/);
});

test('every setting is listed with its default', async () => {
  const { code, out } = await boonCommand(['doctor', '--settings']);
  expect(code).toBe(0);
  expect(out).toMatch(/^PORT +\(8080\)$/m);
  expect(out).toContain('BOON_POLICY');
});

test('on a machine where nothing was started yet, nothing is a fault', async () => {
  const { code, out } = await boonCommand(['doctor'], {
    BOON_DATA_DIR: folder,
    PATH: settings.PATH ?? '',
    HOME: settings.HOME ?? '',
  });
  expect(out).not.toContain('FAULT');
  expect(code).toBe(0);
});
