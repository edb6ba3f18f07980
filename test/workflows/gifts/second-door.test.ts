import { WithStartWorkflowOperation } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actOnGift } from '../../../src/contracts/gifts/act-on-gift.ts';
import {
  GIFT_WORKFLOW,
  type Gift,
  type GiftInput,
  type GiftRequest,
  type GiftWorkflow,
} from '../../../src/contracts/gifts/gift.ts';
import {
  acceptGiftUpdate,
  cancelGiftUpdate,
  claimGiftUpdate,
  giftStatusQuery,
  holdGiftUpdate,
  refreshGiftUpdate,
  releaseGiftUpdate,
} from '../../../src/contracts/gifts/gift-messages.ts';
import { acceptedGift } from '../../../src/contracts/gifts/gift-process.ts';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import { DAY, type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer());
});
afterAll(() => rig.close());

let request: GiftRequest;
let workflowId: string;
let id: string;
let count = 0;
beforeEach(async () => {
  count += 1;
  request = { from: `sender-${count}`, to: `friend-${count}`, amount: '40' };
  id = `order-${count}`;
  workflowId = `gift/${id}`;
  await rig.seed(request.from, '100');
  await rig.seed(request.to);
});

const options = () => ({ taskQueue: TASK_QUEUE, workflowId, args: [{ request }] as [GiftInput] });

function start(changes: object = {}) {
  rig.replayLater(workflowId);
  return rig.client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, { ...options(), ...changes });
}

function acceptWithStart() {
  rig.replayLater(workflowId);
  return rig.client.workflow.executeUpdateWithStart(acceptGiftUpdate, {
    startWorkflowOperation: new WithStartWorkflowOperation<GiftWorkflow>(GIFT_WORKFLOW, {
      ...options(),
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
}

describe('a backend that starts the workflow itself', () => {
  test('has the gift accepted as its first step and settled after 24 hours', async () => {
    const handle = await start();
    const gift = await rig.until({ id }, 'pending');
    expect(gift).toMatchObject({ from: request.from, to: request.to, amount: '40' });
    await rig.sleep(DAY + 1000);
    await rig.until({ id }, 'settled');
    expect(await handle.result()).toMatchObject({ status: 'settled' });
    expect(await rig.available(request.to)).toBe('40');
  });

  test('with update-with-start is answered the accepted gift, each time it asks', async () => {
    const gift = await acceptWithStart();
    expect(gift).toMatchObject({ id, status: 'pending', amount: '40', by_email: false });
    expect(await acceptWithStart()).toEqual(gift);
    expect(await rig.available(request.from)).toBe('60');
    const known = await rig.client.workflow.getHandle(workflowId).query(giftStatusQuery);
    expect(known).toMatchObject({ id, status: 'pending', deadline: gift.deadline });
    await rig.client.workflow.getHandle(workflowId).executeUpdate('cancel');
  });

  test('is refused with the code as the one outermost error, by the update and by the workflow', async () => {
    request.amount = '101';
    const expected = { type: 'insufficient_credits', nonRetryable: true, cause: undefined };
    await expect(acceptWithStart()).rejects.toMatchObject({ cause: expected });
    const handle = rig.client.workflow.getHandle(workflowId);
    await rig.untilClosed({ id });
    await expect(handle.result()).rejects.toMatchObject({ cause: expected });
    expect((await handle.describe()).status.name).toBe('FAILED');
    expect(await rig.available(request.from)).toBe('100');
  });

  test('finds an action that came with the start done after the acceptance', async () => {
    rig.replayLater(workflowId);
    const canceled = await rig.client.workflow.executeUpdateWithStart('cancel', {
      startWorkflowOperation: new WithStartWorkflowOperation(GIFT_WORKFLOW, {
        ...options(),
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });
    expect(canceled).toMatchObject({ id, status: 'canceled' });
    expect(await rig.available(request.from)).toBe('100');
  });

  test('makes one gift when it starts a finished one again', async () => {
    await start();
    await rig.until({ id }, 'pending');
    await rig.sleep(DAY + 1000);
    await rig.until({ id }, 'settled');
    await rig.untilClosed({ id });
    const again = await start();
    expect(await again.result()).toMatchObject({ status: 'settled' });
    expect(await rig.available(request.from)).toBe('60');
  });

  test('that starts a terminated process anew is answered how the gift stands now, and not how it was accepted', async () => {
    await acceptWithStart();
    const handle = rig.client.workflow.getHandle(workflowId);
    const held = await rig.act(await rig.until({ id }, 'pending'), 'hold');
    await handle.terminate('an operator slipped');
    expect(await acceptWithStart()).toEqual(held);
    expect(await handle.query(giftStatusQuery)).toMatchObject({ status: 'held', deadline: held.deadline });
    await rig.act(held, 'cancel');
  });

  test('is refused when it uses the id of another gift', async () => {
    await acceptWithStart();
    await rig.client.workflow.getHandle(workflowId).executeUpdate('cancel');
    await rig.untilClosed({ id });
    request.amount = '1';
    await expect(acceptWithStart()).rejects.toMatchObject({ cause: { type: 'idempotency_mismatch' } });
    await rig.untilClosed({ id });
  });

  test('that starts what the API has accepted is answered that gift', async () => {
    const gift = await rig.give({ from: request.from, to: { account_id: request.to }, amount: '5' });
    const handle = rig.client.workflow.getHandle(`gift/${gift.id}`);
    expect(await handle.executeUpdate(acceptGiftUpdate)).toEqual(gift);
    await rig.act(gift, 'cancel');
  });
});

describe('a backend that has only the id of a gift', () => {
  const temporal = () => ({ client: rig.client, WithStartWorkflowOperation });
  const refusal = (type: string) => ({ cause: { type, nonRetryable: true } });

  /** A gift that the ledger has accepted and whose process nobody has started. */
  async function accepted(more: Partial<AcceptRequest> = {}): Promise<Gift> {
    rig.replayLater(workflowId);
    const about = {
      key: `accept-${id}`,
      id,
      at: await rig.now(),
      from: request.from,
      to: { account_id: request.to },
    };
    const { value } = await rig.ledger.acceptGift({
      ...about,
      amount: '40',
      funding: 'transfer',
      message: null,
      ...more,
    });
    return value;
  }

  const described = async () => {
    const { runId, status } = await rig.client.workflow.getHandle(workflowId).describe();
    return { runId, status: status.name };
  };

  test('acts on it though no process runs, and the process goes on', async () => {
    const gift = await accepted();
    const held = await actOnGift(temporal(), id, holdGiftUpdate, { reason: 'looks odd', by: 'mia' });
    expect(held).toMatchObject({ id, status: 'held', reason: 'looks odd' });
    const begun = await described();
    expect(begun.status).toBe('RUNNING');
    // The start that waits in a server arrives late.
    const open = acceptedGift(gift);
    if (open !== undefined) await rig.process.start(open);
    expect(await described()).toEqual(begun);
    expect(await rig.client.workflow.getHandle(workflowId).query(giftStatusQuery)).toMatchObject({
      id,
      from: request.from,
      to: request.to,
      status: 'held',
    });
    expect(await actOnGift(temporal(), id, releaseGiftUpdate)).toMatchObject({ status: 'pending' });
    expect(await described()).toEqual(begun);
    await rig.sleep(DAY + 1000);
    await rig.until({ id }, 'settled');
  });

  test.each([
    ['with an older client, which starts and then asks', {}],
    ['with one call', { WithStartWorkflowOperation }],
  ])('acts on it %s, whether its process runs or not', async (_, more) => {
    await accepted();
    const at = { client: rig.client, ...more };
    expect(await actOnGift(at, id, holdGiftUpdate, { reason: 'looks odd' })).toMatchObject({
      status: 'held',
    });
    const begun = await described();
    expect(await actOnGift(at, id, releaseGiftUpdate)).toMatchObject({ status: 'pending' });
    expect(await described()).toEqual(begun);
    const refused = actOnGift(at, id, releaseGiftUpdate);
    await expect(refused).rejects.toMatchObject(refusal('not_held'));
    await actOnGift(at, id, cancelGiftUpdate);
  });

  test('has the same key done once', async () => {
    await accepted();
    const cancel = { reason: 'oops', key: `cancel-${id}` };
    const first = await actOnGift(temporal(), id, cancelGiftUpdate, cancel);
    expect(first).toMatchObject({ status: 'canceled', reason: 'oops' });
    await rig.untilClosed({ id });
    expect(await actOnGift(temporal(), id, cancelGiftUpdate, cancel)).toEqual(first);
    expect(await rig.available(request.from)).toBe('100');
  });

  test('is refused by the ledger when the gift has ended, and the process that was asked ends', async () => {
    await accepted();
    await rig.ledger.actOnGift({
      key: `end-${id}`,
      gift_id: id,
      action: 'cancel',
      at: await rig.now(),
      by: 'ada',
    });
    const late = actOnGift(temporal(), id, holdGiftUpdate, { reason: 'too late' });
    await expect(late).rejects.toMatchObject(refusal('already_resolved'));
    await rig.untilClosed({ id });
    expect(await rig.client.workflow.getHandle(workflowId).result()).toEqual({ status: 'canceled' });
  });

  test('is told when there is no such gift', async () => {
    rig.replayLater(workflowId);
    const missed = actOnGift(temporal(), id, holdGiftUpdate, { reason: 'who is this' });
    await expect(missed).rejects.toMatchObject(refusal('not_found'));
    await rig.untilClosed({ id });
  });

  test('has a gift by e-mail mailed and claimed', async () => {
    await accepted({ to: { email: `friend-${count}@example.com` } });
    expect(await actOnGift(temporal(), id, refreshGiftUpdate)).toMatchObject({
      id,
      status: 'awaiting_claim',
    });
    const mailed = () => rig.mail.mails.filter((mail) => mail.body.includes(`/claim/${id}#`));
    await expect.poll(mailed, { timeout: 20_000 }).toHaveLength(1);
    const { token = '' } = await rig.ledger.giftAddress(id);
    const claim = { token, account_id: request.to };
    expect(await actOnGift(temporal(), id, claimGiftUpdate, claim)).toMatchObject({ to: request.to });
    await actOnGift(temporal(), id, cancelGiftUpdate);
    await rig.untilClosed({ id });
    expect(mailed()).toHaveLength(1);
  });

  test('can start the process and nothing else', async () => {
    await accepted();
    const handle = await start({ args: [{ open: true }] });
    await rig.sleep(DAY + 1000);
    await rig.until({ id }, 'settled');
    expect(await handle.result()).toMatchObject({ status: 'settled' });
  });
});

describe('input that does not fit', () => {
  test.each([
    ['nothing', undefined, 'input must hold the request for a gift, such as {"request":{'],
    ['a text', 'gift', 'input must hold the request'],
    ['both doors', { request: {}, accepted: {} }, 'input must hold the request'],
    ['a gift to open that is to be made', { open: true, request: {} }, 'input must hold the request'],
    ['no gift to open', { open: false }, 'or be {"open":true}'],
    ['no fields', { request: {} }, 'request.from must be a text'],
    [
      'a number as amount',
      { request: { from: 'a', to: 'b', amount: 5 } },
      'request.amount must be a decimal string',
    ],
    [
      'an e-mail address',
      { request: { from: 'a', to: { email: 'x@y.z' }, amount: '5' } },
      'goes through the API',
    ],
    ['zero', { request: { from: 'a', to: 'b', amount: '0' } }, 'request.amount must be'],
    ['seven decimals', { request: { from: 'a', to: 'b', amount: '0.0000001' } }, 'request.amount must be'],
    [
      'an unknown field',
      { request: { from: 'a', to: 'b', amount: '5', tip: '1' } },
      'request.tip is not a field',
    ],
    [
      'an unknown funding',
      { request: { from: 'a', to: 'b', amount: '5', funding: 'us' } },
      'request.funding must be',
    ],
    ['another gift', { accepted: { id: 'other', deadline: '2030-01-01T00:00:00Z' } }, 'accepted.id must be'],
  ])('such as %s is refused with its place and form', async (_, input, says) => {
    rig.replayLater(workflowId);
    const args = input === undefined ? [] : [input];
    const handle = await rig.client.workflow.start(GIFT_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args,
    });
    await rig.untilClosed({ id });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'validation_failed', message: expect.stringContaining(says) },
    });
  });

  test.each(['my-gift', 'gift/', 'gift/a b', `gift/${'x'.repeat(65)}`])(
    'such as the workflow id "%s" is refused',
    async (bad) => {
      const handle = await rig.client.workflow.start(GIFT_WORKFLOW, { ...options(), workflowId: bad });
      rig.replayLater(bad);
      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'validation_failed', message: expect.stringContaining('must be gift/<id>') },
      });
    },
  );
});
