import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newKey } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const run = promisify(execFile);

let rig: GiftRig;
let cli: string;
/** Its codec endpoint lets the command read what people wrote. */
let server: TestServer;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: { gifts: { settlement: 'PT6S' } } });
  cli = await findTemporalCli();
  const payloads = rig.workerOptions.codec;
  if (payloads === undefined) throw new Error('The rig encrypts what people write');
  server = await openTestServer({ ledger: rig.own, parts: { codec: { payloads, uiOrigins: [] } } });
});
afterAll(async () => {
  await server.close();
  await rig.close();
});

let count = 0;
let id: string;
let input: string;
beforeEach(async () => {
  count += 1;
  id = `my-gift-${count}`;
  input = JSON.stringify({ request: { from: `ada-${count}`, to: `bob-${count}`, amount: '5' } });
  await rig.seed(`ada-${count}`, '20');
  await rig.seed(`bob-${count}`);
  rig.replayLater(`gift/${id}`);
});

/** Runs the `temporal` command as a person would. */
async function temporal(...args: string[]): Promise<string> {
  const codec = ['--codec-endpoint', `${server.baseUrl}/codec`, '--codec-auth', `Bearer ${server.apiKey}`];
  const { namespace } = rig.client.options;
  const where = ['--address', rig.temporal.address, '--namespace', namespace, '--output', 'json'];
  const { stdout } = await run(cli, [...args, ...where, ...codec]);
  return stdout;
}

const start = () =>
  temporal(
    'workflow',
    'start',
    '--type',
    'gift',
    '--workflow-id',
    `gift/${id}`,
    '--task-queue',
    'boon',
    '--input',
    input,
  );

test('the temporal command starts a gift, which is accepted and settles', async () => {
  await start();
  await rig.until({ id }, 'settled');
  expect(await rig.available(`bob-${count}`)).toBe('5');
  const result = JSON.parse(await temporal('workflow', 'result', '--workflow-id', `gift/${id}`));
  expect(result.result).toMatchObject({ status: 'settled' });
});

test('the temporal command starts a gift and is answered its acceptance in one call', async () => {
  const answer = await temporal(
    'workflow',
    'execute-update-with-start',
    '--update-name',
    'accept',
    ...['--type', 'gift', '--workflow-id', `gift/${id}`, '--task-queue', 'boon', '--input', input],
    ...['--id-conflict-policy', 'UseExisting'],
  );
  expect(answer).toContain('"pending"');
  expect(answer).toContain(id);
  await rig.until({ id }, 'settled');
});

test('the temporal command holds a gift whose process nobody has started, in one call', async () => {
  const about = { key: newKey('accept'), id, at: new Date().toISOString(), from: `ada-${count}` };
  await rig.ledger.acceptGift({
    ...about,
    to: { account_id: `bob-${count}` },
    amount: '5',
    funding: 'transfer',
    message: null,
  });
  const answer = await temporal(
    'workflow',
    'execute-update-with-start',
    ...['--update-name', 'hold', '--update-input', '{"reason":"looks odd"}'],
    ...['--type', 'gift', '--workflow-id', `gift/${id}`, '--task-queue', 'boon', '--input', '{"open":true}'],
    ...['--id-conflict-policy', 'UseExisting'],
  );
  expect(answer).toContain('"held"');
  await rig.client.workflow.getHandle(`gift/${id}`).executeUpdate('reject', { args: [{ reason: 'it was' }] });
});

test('an operator holds and releases a gift with the temporal command', async () => {
  await start();
  const update = (name: string, argument: object) =>
    temporal(
      'workflow',
      'update',
      'execute',
      ...['--workflow-id', `gift/${id}`, '--name', name, '--input', JSON.stringify(argument)],
    );
  expect(await update('hold', { reason: 'looks odd', by: 'mia' })).toContain('"held"');
  expect(await rig.ledger.findGift(id)).toMatchObject({ status: 'held', reason: 'looks odd' });
  await expect(update('hold', { reason: 'again' })).rejects.toThrow(/cannot be changed by hold/);
  expect(await update('release', {})).toContain('"pending"');
  await rig.until({ id }, 'settled');
});

test('a refusal is shown by the temporal command with its code', async () => {
  input = JSON.stringify({ request: { from: `ada-${count}`, to: `bob-${count}`, amount: '21' } });
  await start();
  await rig.untilClosed({ id });
  const shown = await temporal('workflow', 'show', '--workflow-id', `gift/${id}`);
  expect(shown).toContain('insufficient_credits');
});
