import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified } from '../support/test-ledger.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: { gifts: { settlement: 'PT6S' } } });
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterEach(() => expectVerified(rig.ledger));
afterAll(() => rig.close());

/** Resets as an operator does: to the completion of the first task, after which everything happens again. */
async function reset(giftId: string): Promise<void> {
  const workflowId = giftWorkflowId(giftId);
  const handle = rig.client.workflow.getHandle(workflowId);
  const firstTask = async () =>
    (await handle.fetchHistory()).events?.find((event) => event.workflowTaskCompletedEventAttributes)
      ?.eventId;
  let eventId = await firstTask();
  for (let tries = 0; eventId == null && tries < 100; tries += 1) {
    await rig.sleep(50);
    eventId = await firstTask();
  }
  await rig.client.workflowService.resetWorkflowExecution({
    namespace: rig.client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'an operator tries it out',
    workflowTaskFinishEventId: eventId ?? null,
    requestId: randomUUID(),
  });
}

const runOf = async (giftId: string) =>
  (await rig.client.workflow.getHandle(giftWorkflowId(giftId)).describe()).runId;

test('a settled gift that is reset settles again without moving anything', async () => {
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
  const run = await runOf(gift.id);
  await reset(gift.id);
  expect(await runOf(gift.id)).not.toBe(run);
  await rig.untilClosed(gift);
  expect(await rig.client.workflow.getHandle(giftWorkflowId(gift.id)).result()).toMatchObject({
    status: 'settled',
  });
  expect(await rig.available('bob')).toBe('10');
});

test('actions that are replayed by a reset are answered from the record, and the gift goes on from where it stands', async () => {
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  await rig.act(gift, 'hold');
  await rig.act(gift, 'release');
  const events = () => rig.own.sql('SELECT type FROM boon.events WHERE subject = $1 ORDER BY 1', [gift.id]);
  const before = await events();
  await reset(gift.id);
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
  expect(await events()).toEqual(
    [...before, { type: 'gift.settled' }].sort((a, b) => (String(a.type) < String(b.type) ? -1 : 1)),
  );
});

test('a gift that is reset while it is held stays held and can be released', async () => {
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  await rig.act(gift, 'hold');
  await reset(gift.id);
  expect(await rig.act(gift, 'release')).toMatchObject({ status: 'pending' });
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
});

test('an accepted request that is reset to its first task is accepted once', async () => {
  const id = 'reset-request';
  await rig.client.workflow.start('gift', {
    taskQueue: 'boon',
    workflowId: giftWorkflowId(id),
    args: [{ request: { from: 'ada', to: 'bob', amount: '10' } }],
  });
  rig.replayLater(giftWorkflowId(id));
  await rig.until({ id }, 'pending');
  const available = await rig.available('ada');
  await reset(id);
  await rig.until({ id }, 'settled');
  await rig.untilClosed({ id });
  expect(await rig.available('ada')).toBe(available);
});
