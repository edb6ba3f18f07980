/** A backend's own Temporal client with `boonCodec`, on a real server, a real worker and the real codec endpoint. */
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type BoonCodecOptions,
  boonCodec,
  codecErrorOf,
  GIFT_WORKFLOW,
  type GiftWorkflow,
  giftStatusQuery,
  giftWorkflowId,
  holdGiftUpdate,
  TASK_QUEUE,
} from '../../src/contracts/index.ts';
import { createPayloadCodec, payloadKeys } from '../../src/temporal/payload-codec.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { readableHistory } from '../support/history-file.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newGiftId } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const MESSAGE = 'thank you for the lovely review';
const REASON = 'she is my neighbour';

let rig: GiftRig;
let server: TestServer;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: { gifts: { settlement: 'PT8S' } } });
  const keys = payloadKeys(rig.own.encryptionKey, []);
  const payloads = createPayloadCodec({ encryption: 'personal', keys });
  server = await openTestServer({ ledger: rig.own, parts: { codec: { payloads, uiOrigins: [] } } });
  await rig.seed('ada', '100');
  await rig.seed('grace');
});
afterAll(async () => {
  await server.close();
  await rig.close();
});

/** What a backend makes; with no codec options, as one that does not know the codec. */
function clientOf(codec?: Partial<BoonCodecOptions>): Client {
  const { connection, options } = rig.temporal.client;
  const { namespace } = options;
  if (codec === undefined) return new Client({ connection, namespace });
  const payloadCodecs = [boonCodec({ url: server.baseUrl, apiKey: server.apiKey, retries: 0, ...codec })];
  return new Client({ connection, namespace, dataConverter: { payloadCodecs } });
}

async function startGift(client: Client, id = newGiftId()) {
  const handle = await client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, {
    workflowId: giftWorkflowId(id),
    taskQueue: TASK_QUEUE,
    args: [{ request: { from: 'ada', to: 'grace', amount: '1', message: MESSAGE } }],
  });
  rig.replayLater(handle.workflowId);
  await rig.until({ id }, 'pending');
  return { id, handle };
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable('it was no error'),
    (error: unknown) => error,
  );
}

test('a gift with a message is started, and its result read; Temporal never has the message in clear', async () => {
  const { id, handle } = await startGift(clientOf({}));
  expect(await handle.query(giftStatusQuery)).toMatchObject({ status: 'pending', to: 'grace' });
  expect(await handle.result()).toMatchObject({ status: 'settled', settled_at: expect.any(String) });
  expect((await rig.ledger.findGift(id)).message).toBe(MESSAGE);
  const history = readableHistory(await clientOf().workflow.getHandle(handle.workflowId).fetchHistory());
  expect(history).not.toContain('lovely');
  expect(history).toContain('grace');
});

test('an answer with a reason in it is read: without the codec the same is an unknown encoding', async () => {
  const { handle } = await startGift(clientOf({}));
  const held = await handle.executeUpdate(holdGiftUpdate, { args: [{ reason: REASON, by: 'mia' }] });
  expect(held).toMatchObject({ status: 'held', reason: REASON, message: MESSAGE });
  expect(await handle.query(giftStatusQuery)).toMatchObject({ status: 'held', reason: REASON });
  const plain = clientOf().workflow.getHandle(handle.workflowId);
  await expect(plain.query(giftStatusQuery)).rejects.toThrow('Unknown encoding: binary/encrypted');
  const history = readableHistory(await plain.fetchHistory());
  expect(history).not.toMatch(/lovely|neighbour/);
  await handle.executeUpdate('reject', { args: [{ reason: REASON }] });
  expect(await handle.result()).toMatchObject({ status: 'rejected' });
});

test('a refusal that names an e-mail address is read too', async () => {
  const refused = clientOf({}).workflow.execute<GiftWorkflow>(GIFT_WORKFLOW, {
    workflowId: giftWorkflowId(newGiftId()),
    taskQueue: TASK_QUEUE,
    args: [{ request: { from: 'nobody@example.com', to: 'grace', amount: '1' } }],
  });
  await expect(refused).rejects.toMatchObject({
    cause: { type: 'not_found', message: expect.stringContaining('nobody@example.com') },
  });
});

test('with a wrong key nothing is started, and the error says why', async () => {
  const id = newGiftId();
  const started = thrownBy(startGift(clientOf({ apiKey: 'boon_sk_wrong' }), id));
  expect(codecErrorOf(await started)).toMatchObject({ fault: 'unauthorized', direction: 'encode' });
  await expect(rig.client.workflow.getHandle(giftWorkflowId(id)).describe()).rejects.toThrow('not found');
});

test('with the endpoint down nothing is started, held or lost; once it is back everything goes on', async () => {
  const down = clientOf({ url: 'http://127.0.0.1:9' });
  const id = newGiftId();
  expect(codecErrorOf(await thrownBy(startGift(down, id)))).toMatchObject({ fault: 'unreachable' });
  await expect(rig.client.workflow.getHandle(giftWorkflowId(id)).describe()).rejects.toThrow('not found');

  const { handle } = await startGift(clientOf({}), id);
  const unheld = down.workflow.getHandle(handle.workflowId).executeUpdate(holdGiftUpdate, {
    args: [{ reason: REASON }],
  });
  expect(codecErrorOf(await thrownBy(unheld))).toMatchObject({ fault: 'unreachable', direction: 'encode' });
  expect(await rig.ledger.findGift(id)).toMatchObject({ status: 'pending' });

  // Down when the answer comes: the hold is done, and the same update id reads its answer later.
  const half = clientOf({
    fetch: (url, init) => (String(url).endsWith('decode') ? fetch('http://127.0.0.1:9') : fetch(url, init)),
  });
  const hold = { args: [{ reason: REASON }] as [{ reason: string }], updateId: 'hold-1' };
  const unread = half.workflow.getHandle(handle.workflowId).executeUpdate(holdGiftUpdate, hold);
  expect(codecErrorOf(await thrownBy(unread))).toMatchObject({ fault: 'unreachable', direction: 'decode' });
  expect(await rig.ledger.findGift(id)).toMatchObject({ status: 'held', reason: REASON });
  expect(await handle.executeUpdate(holdGiftUpdate, hold)).toMatchObject({ status: 'held', reason: REASON });
  await handle.executeUpdate('release');
  expect(await handle.result()).toMatchObject({ status: 'settled' });
});
