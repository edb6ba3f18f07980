import { Client } from '@temporalio/client';
import type proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { createCampaignProcess } from '../../src/temporal/campaigns/campaign-process.ts';
import { converted } from '../../src/temporal/connection.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { readableHistory } from '../support/history-file.ts';
import { OPEN_PROGRAMS, referralRig } from '../support/referral-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Payload = proto.temporal.api.common.v1.IPayload;

const ADDRESS = 'grace.hopper@example.com';
const REASON = 'she is my neighbour';

let rig: GiftRig;
let server: TestServer;
/** As the API and the workers have it; the rig's own client reads what Temporal stores. */
let client: Client;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS, worker: false });
  const codec = createPayloadCodec({ encryption: 'personal', keys: [rig.own.encryptionKey] });
  client = new Client({ ...whereOf(rig), ...converted(codec) });
  await rig.startWorker({ codec, client });
  server = await openTestServer({ ledger: rig.own });
});
afterAll(async () => {
  await server.close();
  await rig.close();
});

/** The server and the namespace that another client of the same process speaks with. */
function whereOf({ client: { connection, options } }: GiftRig) {
  return { connection, namespace: options.namespace };
}

/** Every payload that stands in a history, wherever. */
function payloadsIn(value: unknown): Payload[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  const { metadata, data } = value as Payload;
  if (metadata != null && data != null && 'encoding' in metadata) return [value as Payload];
  return Object.values(value).flatMap(payloadsIn);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

test('what Temporal stores holds no address and no words of people; the codec endpoint gives the words back', async () => {
  await rig.seed('ada');
  const referrals = referralRig({ ...rig, client, replayLater: () => undefined });
  const invited = await referrals.invite('ada', { email: ADDRESS });
  for (let tries = 0; rig.mail.mails.length === 0 && tries < 1200; tries += 1) await rig.sleep(50);
  expect(rig.mail.mails[0]?.to).toEqual([ADDRESS]);
  const handle = client.workflow.getHandle(referralWorkflowId(invited.id));
  const canceled = await handle.executeUpdate('cancel', { args: [{ reason: REASON, by: 'mia' }] });
  expect(canceled).toMatchObject({ status: 'canceled', reason: REASON });
  expect(await handle.result()).toMatchObject({ reason: REASON });

  const history = await rig.client.workflow.getHandle(referralWorkflowId(invited.id)).fetchHistory();
  const stored = readableHistory(history);
  expect(stored).not.toContain(ADDRESS);
  expect(stored).not.toContain('hopper');
  expect(stored).not.toContain('neighbour');
  // What nobody wrote is readable without a key.
  expect(stored).toContain('ada invites a friend to codex-selective');

  const payloads = payloadsIn(history).map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]),
    ),
    data: base64(data ?? new Uint8Array()),
  }));
  expect(JSON.stringify(payloads)).toContain(base64(Buffer.from('binary/encrypted')));
  const shown = await server.send('POST', '/codec/decode', { key: null, body: { payloads } });
  const decoded = (shown.json as { payloads: { data: string }[] }).payloads
    .map(({ data }) => Buffer.from(data, 'base64').toString())
    .join('\n');
  expect(decoded).toContain(REASON);
  expect(decoded).not.toContain(ADDRESS);
});

test('an address in a wrong field stands nowhere in clear, in the refusal neither, which its sender reads', async () => {
  await rig.seed('cleo');
  const referrals = referralRig({ ...rig, client, replayLater: () => undefined });
  const invited = await referrals.invite('cleo');
  const handle = client.workflow.getHandle(referralWorkflowId(invited.id));
  const refused = handle.executeUpdate('linkUsed', { args: [{ account_id: ADDRESS }] });
  await expect(refused).rejects.toMatchObject({
    cause: { type: 'not_found', message: `There is no account "${ADDRESS}".` },
  });
  const history = await rig.client.workflow.getHandle(handle.workflowId).fetchHistory();
  expect(readableHistory(history)).toContain('Encoded failure');
  expect(readableHistory(history)).not.toContain('hopper');
});

test('why somebody began a campaign is not stored', async () => {
  await rig.ledger.createCampaign({
    key: 'apology',
    at: await rig.now(),
    id: 'cmp_apology',
    kind: 'reset_windows',
    reason: `wrote to ${ADDRESS}, ${REASON}`,
  });
  await createCampaignProcess({ client, taskQueue: TASK_QUEUE }).wake(
    await rig.ledger.findCampaign('cmp_apology'),
  );
  const handle = rig.client.workflow.getHandle('campaign/cmp_apology');
  await client.workflow.getHandle(handle.workflowId).result();
  const stored = readableHistory(await handle.fetchHistory());
  expect(stored).toContain('Usage windows restored for everybody');
  expect(stored).not.toMatch(/hopper|neighbour/);
});

test('a worker that was given a new key goes on with what the old one encrypted', async () => {
  const taskQueue = 'rotated';
  const old = createPayloadCodec({ encryption: 'all', keys: [rig.own.encryptionKey] });
  const before = new Client({ ...whereOf(rig), ...converted(old) });
  const referrals = referralRig({ ...rig, client: before, replayLater: () => undefined }, taskQueue);
  await rig.seed('bea');
  const invited = await referrals.invite('bea');
  const rotated = createPayloadCodec({
    encryption: 'all',
    keys: [Buffer.alloc(32, 7), rig.own.encryptionKey],
  });
  const after = new Client({ ...whereOf(rig), ...converted(rotated) });
  await rig.startWorker({ taskQueue, client: after, codec: rotated });
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
});
