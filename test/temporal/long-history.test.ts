import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devServer } from '../support/temporal-server.ts';
import { newKey } from '../support/test-ledger.ts';

let rig: GiftRig;
beforeAll(async () => {
  const dynamicConfig = { 'limit.historyCount.suggestContinueAsNew': 30 };
  rig = await giftRig(await devServer({ dynamicConfig }));
});
afterAll(() => rig.close());

test('a gift with many actions goes on in a new run, which knows all that the old one knew', async () => {
  await rig.seed('ada', '100');
  const gift = await rig.give({ from: 'ada', to: { email: 'bob@example.com' }, amount: '10' });
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  const key = newKey('hold');
  const first = await rig.process.act({
    key,
    gift_id: gift.id,
    action: 'hold',
    at: gift.created_at,
    reason: 'one',
  });
  await rig.act(gift, 'release');
  const { runId } = await handle.describe();
  for (let times = 0; times < 6; times += 1) {
    await rig.act(gift, 'hold', { reason: `number ${times}` });
    if (times < 5) await rig.act(gift, 'release');
  }
  const now = await handle.describe();
  expect(now.runId).not.toBe(runId);
  expect(now.status.name).toBe('RUNNING');
  expect(await handle.query('status')).toMatchObject({
    status: 'held',
    reason: 'number 5',
    by_email: true,
    settles_at: (await rig.ledger.findGift(gift.id)).settles_at,
  });
  // What an update id told the old run, the ledger's key tells the new one.
  const again = await rig.process.act({
    key,
    gift_id: gift.id,
    action: 'hold',
    at: gift.created_at,
    reason: 'one',
  });
  expect(again).toEqual({ value: first.value, replayed: true });
  await rig.act(gift, 'reject');
  await rig.untilClosed(gift);
  expect(rig.mail.mails).toHaveLength(1);
  expect(await rig.available('ada')).toBe('100');
});
