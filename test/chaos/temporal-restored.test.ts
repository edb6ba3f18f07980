import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gift, giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import { type Purchase, purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { type Referral, referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import { RECONCILE_WORKFLOW, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { freePort } from '../../src/local/ports.ts';
import { createPurchaseProcess } from '../../src/temporal/purchases/purchase-process.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { DAY, type GiftRig, giftRig, HOUR } from '../support/gift-rig.ts';
import { buy, hear } from '../support/purchases.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { type DevTemporal, devServer } from '../support/temporal-server.ts';
import { expectVerified, newGiftId, newKey } from '../support/test-ledger.ts';

const CANCEL = newKey('cancel');
const WAIT = { timeout: 60_000, interval: 50 };
let folder: string;
let temporal: DevTemporal;
let rig: GiftRig;
let worker: { stop: () => Promise<void> };
let referrals: ReferralRig;
let purchases: ReturnType<typeof createPurchaseProcess>;
/** Known to Temporal at the time that it is restored to, and done since. */
let before: { settled: Gift; canceled: Gift; referral: Referral; paid: Purchase; open: Gift };
/** Begun since. */
let since: { gift: Gift; referral: Referral; purchase: Purchase };

const inTime = (ms: number) => new Date(Date.now() + ms).toISOString();
const now = () => inTime(0);
const longAgo = () => inTime(-HOUR);
/** A gift that settles in so many milliseconds. Its history is not replayed: it is gone with its server. */
async function giveSettling(ms: number): Promise<Gift> {
  const about = {
    from: 'ada',
    to: { account_id: 'bob' },
    amount: '10',
    funding: 'transfer',
    message: null,
  } as const;
  const request = { key: newKey('accept'), id: newGiftId(), at: inTime(ms - DAY), ...about };
  const { value } = await rig.ledger.acceptGift(request);
  const open = acceptedGift(value);
  if (open !== undefined) await rig.process.start(open);
  return value;
}
const statusOf = (workflowId: string) =>
  rig.client.workflow
    .getHandle(workflowId)
    .describe()
    .then(({ status }) => status.name)
    .catch(() => 'NONE');
const until = (workflowId: string, status: string) =>
  expect.poll(() => statusOf(workflowId), WAIT).toBe(status);
const reconcile = () =>
  rig.client.workflow.execute(RECONCILE_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: `by-hand-${newKey()}`,
  });

const data = () => join(folder, 'data');
const kept = () => join(folder, 'kept');
/** Copies the files of the server, which does not run. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to);
  for (const file of await readdir(from)) {
    if (file.startsWith('temporal.db')) await cp(join(from, file), join(to, file));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-restored-'));
  await mkdir(data());
  temporal = await devServer({ dbFile: join(data(), 'temporal.db'), port: await freePort() });
  rig = await giftRig(temporal, { policy: OPEN_PROGRAMS, worker: false });
  referrals = referralRig({ ...rig, replayLater: () => undefined });
  purchases = createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  await rig.seed('ada', '100');
  for (const id of ['bob', 'buyer']) await rig.seed(id);
  before = {
    settled: await giveSettling(1),
    canceled: await giveSettling(HOUR),
    open: await giveSettling(HOUR),
    referral: await referrals.invite('ada', { at: longAgo() }),
    paid: await buy(rig.ledger, 'buyer', 'credits-100', { at: longAgo() }),
  };
  await purchases.start(before.paid);
  await temporal.kill();
  await copy(data(), kept());
  await temporal.startAgain();

  // An hour of life.
  worker = await rig.startWorker();
  await rig.act(before.canceled, 'cancel', { key: CANCEL });
  await rig.until(before.settled, 'settled');
  await purchases.changed(
    await hear(rig.ledger, before.paid, { said: 'paid', payment_id: 'pi_1', at: now() }),
  );
  await rig.client.workflow.getHandle(purchaseWorkflowId(before.paid.id)).result();
  const cancel = {
    key: newKey('cancel'),
    at: inTime(-300_000),
    action: 'cancel',
    reason: 'no',
    by: 'ada',
  } as const;
  const { value } = await rig.ledger.actOnReferral({ ...cancel, referral_id: before.referral.id });
  await referrals.process.changed(value);
  await referrals.untilClosed(before.referral);
  since = {
    gift: await giveSettling(HOUR),
    referral: await referrals.invite('ada', { at: longAgo() }),
    purchase: await buy(rig.ledger, 'buyer', 'credits-100', { at: longAgo() }),
  };
  await purchases.start(since.purchase);
  await worker.stop();
  await temporal.kill();
  await copy(kept(), data());
  await temporal.startAgain();
}, 120_000);
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

const begunSince = () => [
  giftWorkflowId(since.gift.id),
  referralWorkflowId(since.referral.id),
  purchaseWorkflowId(since.purchase.id),
];

test('restored to an older time, Temporal does not know what was begun since', async () => {
  for (const id of begunSince()) expect(await statusOf(id)).toBe('NONE');
  expect(await statusOf(giftWorkflowId(before.settled.id))).toBe('RUNNING');
});

test('a process that is due again moves nothing a second time, and ends as the ledger has it', async () => {
  worker = await rig.startWorker();
  await until(giftWorkflowId(before.settled.id), 'COMPLETED');
  expect(await rig.available('bob')).toBe('10');
  expect(await rig.client.workflow.getHandle(giftWorkflowId(before.settled.id)).result()).toMatchObject({
    status: 'settled',
  });
});

test('an action under its old key is answered, and one under another is refused, by the ledger', async () => {
  expect(await rig.act(before.canceled, 'cancel', { key: CANCEL })).toMatchObject({ status: 'canceled' });
  await expect(rig.act(before.canceled, 'hold')).rejects.toMatchObject({ code: 'already_resolved' });
  await rig.process.refresh([before.canceled.id]);
  await until(giftWorkflowId(before.canceled.id), 'COMPLETED');
  expect(await rig.available('ada')).toBe('70');
});

test('what was begun since runs again after a run of reconcile', async () => {
  await reconcile();
  for (const id of begunSince()) expect(await statusOf(id)).toBe('RUNNING');
  expect(await statusOf(giftWorkflowId(before.open.id))).toBe('RUNNING');
});

test('a process of a referral and of a purchase that had ended ends again when it looks at the ledger', async () => {
  await referrals.process.changed(await rig.ledger.findReferral(before.referral.id));
  await purchases.changed(await rig.ledger.findPurchase(before.paid.id));
  await until(referralWorkflowId(before.referral.id), 'COMPLETED');
  await until(purchaseWorkflowId(before.paid.id), 'COMPLETED');
  expect(await rig.available('buyer')).toBe('100');
});

test('with none of its data Temporal gets everything that is open from the ledger, and nothing that has ended', async () => {
  await worker.stop();
  await temporal.kill();
  await rm(data(), { recursive: true });
  await mkdir(data());
  await temporal.startAgain();
  await registerSearchAttributes(rig.client);
  await rig.startWorker();
  await reconcile();
  for (const id of [...begunSince(), giftWorkflowId(before.open.id)])
    expect(await statusOf(id)).toBe('RUNNING');
  for (const id of [
    giftWorkflowId(before.settled.id),
    giftWorkflowId(before.canceled.id),
    referralWorkflowId(before.referral.id),
  ])
    expect(await statusOf(id)).toBe('NONE');
  expect(await rig.act(before.open, 'cancel')).toMatchObject({ status: 'canceled' });
  await expectVerified(rig.ledger);
});
