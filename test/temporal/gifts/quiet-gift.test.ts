import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../../src/contracts/gifts/gift.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { devNamespace } from '../../support/temporal-server.ts';

const { EventType } = proto.temporal.api.enums.v1;

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: { gifts: { settlement: 'PT5S' } } });
  await rig.seed('user_ada', '1000');
  await rig.seed('user_bob');
});
afterAll(() => rig.close());

async function historyOf(giftId: string) {
  const handle = rig.client.workflow.getHandle(giftWorkflowId(giftId));
  const { events } = await handle.fetchHistory();
  return {
    events: (events ?? []).map(({ eventType }) => EventType[eventType ?? 0]?.replace('EVENT_TYPE_', '')),
    bytes: (await handle.describe()).historySize ?? 0,
  };
}

test('a gift without incident takes 6 events, 2 billable actions and at most 1,800 bytes', async () => {
  const id = 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d';
  const gift = await rig.give({ id, from: 'user_ada', to: { account_id: 'user_bob' }, amount: '12.5' });
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
  const { events, bytes } = await historyOf(gift.id);
  // Billable: the start, and the local activities of one task together. A delay, a task and a query are free.
  expect(events).toEqual([
    'WORKFLOW_EXECUTION_STARTED',
    'WORKFLOW_TASK_SCHEDULED',
    'WORKFLOW_TASK_STARTED',
    'WORKFLOW_TASK_COMPLETED',
    'MARKER_RECORDED',
    'WORKFLOW_EXECUTION_COMPLETED',
  ]);
  expect(bytes).toBeLessThanOrEqual(1800);
});

test('no gift wakes before its deadline, which would cost a timer', async () => {
  await rig.seed('user_carl', '100');
  const gifts = [];
  for (let count = 0; count < 5; count += 1) {
    gifts.push(await rig.give({ from: 'user_carl', to: { account_id: 'user_bob' }, amount: '1' }));
  }
  for (const gift of gifts) {
    await rig.until(gift, 'settled');
    await rig.untilClosed(gift);
    expect((await historyOf(gift.id)).events).toHaveLength(6);
  }
});

test('before it has run, a gift is readable without code: summary, outlook, search attributes', async () => {
  const slow = await rig.ledger.acceptGift({
    key: 'slow',
    id: 'gft_slow',
    at: new Date(Date.now() + 60_000).toISOString(),
    from: 'user_ada',
    to: { account_id: 'user_bob' },
    amount: '3',
    funding: 'transfer',
    message: null,
  });
  const { deadline } = slow.value;
  if (deadline === null) throw new Error('an open gift has a deadline');
  await rig.process.start({ ...slow.value, deadline });
  const described = await rig.client.workflow.getHandle(giftWorkflowId('gft_slow')).describe();
  expect(await described.staticSummary()).toBe('3 credits from user_ada to user_bob');
  const outlook = await described.staticDetails();
  expect(outlook).toContain(
    `At the start: **pending**. Settles at ${deadline.slice(0, 10)} ${deadline.slice(11, 19)} UTC.`,
  );
  expect(outlook).toContain('- `hold` `{"reason":"why"}`');
  expect(described.typedSearchAttributes.getAll()).toEqual(
    expect.arrayContaining([
      { key: { name: 'BoonAccount', type: 'KEYWORD_LIST' }, value: ['user_ada', 'user_bob'] },
      { key: { name: 'BoonCredits', type: 'DOUBLE' }, value: 3 },
      { key: { name: 'BoonProgram', type: 'KEYWORD' }, value: 'gift' },
    ]),
  );
});

test('once it has run, the details show its state and each update says what it takes', async () => {
  const handle = rig.client.workflow.getHandle(giftWorkflowId('gft_slow'));
  await handle.executeUpdate('hold', { args: [{ reason: 'looks odd', by: 'mia' }] });
  const metadata = await handle.query<Metadata>('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain('**3 credits** from `user_ada` to `user_bob`');
  expect(metadata.currentDetails).toContain(
    'Status: **held** (operator_hold: `looks odd`). The hold ends by itself at',
  );
  expect(metadata.currentDetails).toContain('- `release` `{}`');
  const described = new Map(
    metadata.definition.updateDefinitions.map(({ name, description }) => [name, description]),
  );
  expect([...described.keys()].sort()).toEqual([
    'accept',
    'cancel',
    'claim',
    'hold',
    'refresh',
    'reject',
    'release',
  ]);
  expect(described.get('hold')).toContain('Input: {"reason":"why","by":"your name"}');
  for (const description of described.values()) expect(description).toMatch(/input/i);
});

test('an operator finds gifts by account, by amount and by what is out of the ordinary', async () => {
  const find = async (query: string) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const ids = [];
      for await (const { workflowId } of rig.client.workflow.list({ query })) ids.push(workflowId);
      if (ids.length > 0) return ids;
      await rig.sleep(50);
    }
    return [];
  };
  expect(await find('BoonStatus = "held"')).toEqual(['gift/gft_slow']);
  expect(await find('BoonAccount = "user_ada" AND BoonCredits > 12 AND BoonProgram = "gift"')).toEqual([
    'gift/gft_06bq2n6y3v8k5s7r1x4z9m0c2d',
  ]);
  await rig.client.workflow.getHandle('gift/gft_slow').executeUpdate('release');
  await rig.client.workflow.getHandle('gift/gft_slow').executeUpdate('reject', { args: [{ reason: 'no' }] });
  expect(await find('BoonStatus = "rejected" AND ExecutionStatus = "Completed"')).toEqual(['gift/gft_slow']);
  rig.replayLater('gift/gft_slow');
});

type Metadata = {
  currentDetails: string;
  definition: { updateDefinitions: { name: string; description: string }[] };
};
