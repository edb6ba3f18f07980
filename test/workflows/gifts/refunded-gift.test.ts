import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, type GiftRig, giftRig, HOUR } from '../../support/gift-rig.ts';
import { bought, hear } from '../../support/purchases.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer());
});
afterAll(() => rig.close());

const handle = ({ id }: { id: string }) => rig.client.workflow.getHandle(`gift/${id}`);

async function refundedMeanwhile(from: string, to: string) {
  await rig.seed(from);
  await rig.seed(to);
  const purchase = await bought(rig.ledger, from, 'credits-100', { at: await rig.now() });
  const gift = await rig.give({ from, to: { account_id: to }, amount: '40' });
  await rig.sleep(HOUR);
  await hear(rig.ledger, purchase, { said: 'refunded', amount: 400, at: await rig.now() });
  return gift;
}

test('the process of a gift whose money went back ends when it is signaled', async () => {
  const gift = await refundedMeanwhile('ada', 'bob');
  await handle(gift).executeUpdate('refresh');
  expect(await handle(gift).result()).toEqual({ status: 'rejected' });
  expect(await rig.available('ada')).toBe('0');
});

test('the process of a gift whose money went back, and that nobody signals, ends by itself at its deadline', async () => {
  const gift = await refundedMeanwhile('cleo', 'dan');
  await rig.sleep(DAY);
  expect(await handle(gift).result()).toEqual({ status: 'rejected' });
  expect(await rig.available('dan')).toBe('0');
});

test('whoever cancels a gift whose money went back is told that it has ended', async () => {
  const gift = await refundedMeanwhile('eve', 'fay');
  const canceled = rig.process.act({ key: 'late', gift_id: gift.id, action: 'cancel', at: await rig.now() });
  await expect(canceled).rejects.toMatchObject({ code: 'already_resolved' });
});
