import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CAMPAIGN_WORKFLOW } from '../../src/contracts/campaigns/campaign.ts';
import { type Gift, giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { type Purchase, purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { type Refund, refundWorkflowId } from '../../src/contracts/purchases/refund.ts';
import { type Referral, referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import { RECONCILE_WORKFLOW, type ReconcileReport, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { createPurchaseProcess } from '../../src/temporal/purchases/purchase-process.ts';
import { createRefundProcess } from '../../src/temporal/purchases/refund-process.ts';
import { boonCommand } from '../support/command-line.ts';
import { DAY, type GiftRig, giftRig, HOUR } from '../support/gift-rig.ts';
import { bought, buy, hear } from '../support/purchases.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { askRefund } from '../support/refunds.ts';
import { type Backup, backUp } from '../support/restored-database.ts';
import { sessionEvent, WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { type StripeWithLists, startStripeWithLists } from '../support/stripe-with-lists.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified, newKey } from '../support/test-ledger.ts';

const WAIT = { timeout: 60_000, interval: 50 };
const KEPT = { package: 'credits-100', credits: '100', resets: '0', kind: 'checkout' };
let rig: GiftRig;
let referrals: ReferralRig;
let stripe: StripeWithLists;
let purchases: ReturnType<typeof createPurchaseProcess>;
let refunds: ReturnType<typeof createRefundProcess>;
let startWorker: () => Promise<{ stop: () => Promise<void> }>;
let backup: Backup;
/** What everything was restored to. */
let restoredTo: string;
/** Known to the ledger at that time, and done since. */
let before: {
  settled: Gift;
  canceled: Gift;
  held: Gift;
  paid: Purchase;
  sold: Purchase;
  refund: Refund;
  referral: Referral;
  rewarded: Referral;
  waiting: Referral;
};
/** Begun since. */
let lost: { gift: Gift; purchase: Purchase; sold: Purchase; refund: Refund; referral: Referral };
const [ACCEPT, CANCEL] = [newKey('accept'), newKey('cancel')];

const now = () => new Date().toISOString();
const inTime = (ms: number) => new Date(Date.now() + ms).toISOString();
/** A gift that settles in so many milliseconds. */
const giveSettling = (ms: number, more: Partial<AcceptRequest> = {}) =>
  rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10', at: inTime(ms - DAY), ...more });
const statusOf = async (workflowId: string) =>
  (await rig.client.workflow.getHandle(workflowId).describe()).status.name;
const reconcile = (): Promise<ReconcileReport> =>
  rig.client.workflow.execute(RECONCILE_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: `by-hand-${newKey()}`,
  });
function paidAtStripe({ id }: { id: string }): void {
  const created = Math.floor(Date.now() / 1000);
  const metadata = { purchase_id: id, account_id: 'buyer', ...KEPT };
  const { object } = (sessionEvent('completed', { purchase: id }) as { data: { object: object } }).data;
  const more = { metadata, created, expires_at: created + 86_400, success_url: null };
  stripe.has['checkout/sessions'].unshift({ ...object, ...more } as never);
  const intent = { object: 'payment_intent', status: 'succeeded', amount_received: 400, currency: 'usd' };
  stripe.has.payment_intents.unshift({ id: `pi_${id}`, created, metadata, ...intent });
}
function refundedAtStripe({ id, purchase_id, amount: { amount, currency } }: Refund, status: string): void {
  const created = Math.floor(Date.now() / 1000);
  const about = { object: 'refund', amount, currency, payment_intent: `pi_${purchase_id}` };
  const metadata = { refund_id: id, purchase_id };
  stripe.has.refunds.unshift({ id: `re_${id}`, created, status, metadata, ...about });
}

const longAgo = () => inTime(-HOUR);
const compare = (...args: string[]) =>
  boonCommand(['ledger', 'compare-stripe', '--since', restoredTo, ...args], {
    DATABASE_URL: rig.own.url,
    BOON_ENCRYPTION_KEY: rig.own.encryptionKey.toString('base64'),
    STRIPE_API_KEY: 'sk_test_123',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
  });
const cancelReferral = async (referral: Referral) =>
  (
    await rig.ledger.actOnReferral({
      key: newKey('cancel'),
      at: now(),
      referral_id: referral.id,
      action: 'cancel',
      reason: 'changed her mind',
      by: 'ada',
    })
  ).value;

beforeAll(async () => {
  stripe = await startStripeWithLists();
  const payments = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    apiBase: stripe.url,
    backTo: () => 'https://boon.example/credits',
  });
  const selective = { cohort: null, invites: 1000, monthly_cap: 1, prompts: 1 };
  const policy = { programs: { ...OPEN_PROGRAMS.programs, 'codex-selective': selective } };
  rig = await giftRig(await devNamespace(), { policy, worker: false });
  referrals = referralRig(rig);
  purchases = createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  refunds = createRefundProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  startWorker = () => rig.startWorker({ payments });
  await rig.seed('ada', '100');
  for (const id of ['bob', 'buyer']) await rig.seed(id);
  await knownBefore();
  restoredTo = now();
  backup = await backUp(rig.own.url);

  // An hour of life.
  const worker = await startWorker();
  await doneSince();
  await begunSince();
  await worker.stop();
  await backup.restore();
}, 120_000);
afterAll(async () => {
  await rig.close();
  await backup.close();
  await stripe.close();
});

/** No worker runs yet: nothing of it goes on before the backup. */
async function knownBefore(): Promise<void> {
  const at = longAgo();
  const sold = await bought(rig.ledger, 'buyer', 'credits-100', { at });
  paidAtStripe(sold);
  const open = await buy(rig.ledger, 'buyer', 'credits-100', { at });
  const page = { id: `cs_test_${open.id}`, url: 'https://pay.example' };
  before = {
    settled: await giveSettling(1),
    canceled: await giveSettling(HOUR),
    held: await giveSettling(HOUR),
    paid: await rig.ledger.noteCheckout(open.id, page, at),
    sold,
    refund: await askRefund(rig.ledger, sold, { at, amount: 100 }),
    referral: await referrals.invite('ada', { at }),
    rewarded: await referrals.invite('ada', { at }),
    waiting: await referrals.invite('ada', { at }),
  };
  await purchases.start(before.paid);
}

async function doneSince(): Promise<void> {
  await rig.act(before.canceled, 'cancel', { key: CANCEL });
  await rig.act(before.held, 'hold');
  refundedAtStripe(before.refund, 'succeeded');
  await refunds.start(before.refund);
  await rig.client.workflow.getHandle(refundWorkflowId(before.refund.id)).result();
  paidAtStripe(before.paid);
  const paid = { said: 'paid', payment_id: `pi_${before.paid.id}`, at: now() } as const;
  await purchases.changed(await hear(rig.ledger, before.paid, paid));
  await rig.client.workflow.getHandle(purchaseWorkflowId(before.paid.id)).result();
  await referrals.process.changed(await cancelReferral(before.referral));
  await referrals.untilClosed(before.referral);
  await referrals.join(before.rewarded);
  await referrals.prompt(before.rewarded);
  await referrals.until(before.rewarded, 'rewarded');
  await referrals.untilClosed(before.rewarded);
  await rig.until(before.settled, 'settled');
  await rig.untilClosed(before.settled);
}

async function begunSince(): Promise<void> {
  const sold = await bought(rig.ledger, 'buyer', 'credits-100', { at: now() });
  paidAtStripe(sold);
  lost = {
    gift: await giveSettling(HOUR, { key: ACCEPT }),
    purchase: await buy(rig.ledger, 'buyer', 'credits-100', { at: now() }),
    sold,
    refund: await askRefund(rig.ledger, sold, { at: now(), amount: 200 }),
    referral: await referrals.invite('ada'),
  };
  await purchases.start(lost.purchase);
  refundedAtStripe(lost.refund, 'pending');
  await refunds.start(lost.refund);
  // The bank takes its time, and its process waits for it.
  const heard = () => rig.own.sql('SELECT FROM boon.provider_refunds WHERE refund_id = $1', [lost.refund.id]);
  await vi.waitUntil(async () => (await heard()).length === 1, WAIT);
}

test('what Stripe has on record is listed, and in the ledger once it is applied', async () => {
  const listed = (await compare('--json')).json();
  expect(listed.ok).toBe(false);
  Object.assign(stripe.has.refunds[0] ?? {}, { status: 'succeeded' });
  const applied = await compare('--apply', '--json');
  expect(applied).toMatchObject({ code: 0 });
  const found = applied
    .json()
    .differences.map(({ kind, purchase_id, outcome }: Record<string, string>) => [
      kind,
      purchase_id,
      outcome,
    ]);
  expect(found.sort()).toEqual(
    [
      ['payment_missing', before.paid.id, 'applied'],
      ['purchase_missing', lost.sold.id, 'applied'],
      ['refund_missing', before.sold.id, 'applied'],
      ['refund_missing', lost.sold.id, 'applied'],
    ].sort(),
  );
  expect(await rig.ledger.findRefund(before.refund.id)).toMatchObject({ status: 'succeeded' });
  expect(await rig.available('buyer')).toBe('225');
  expect(await compare()).toMatchObject({ code: 0 });
});

test('a process whose gift, purchase, refund, referral or campaign the ledger has lost fails, and does not go round in circles', async () => {
  await startWorker();
  const due = { ...lost.gift, id: 'gft_lost', deadline: inTime(1) };
  await rig.process.start(due as Parameters<typeof rig.process.start>[0]);
  await rig.client.workflow.start(CAMPAIGN_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: 'campaign/cmp_lost',
  });
  await purchases.changed(lost.purchase);
  await refunds.changed(lost.refund);
  await referrals.process.changed({ ...lost.referral, status: 'expired' });
  for (const workflowId of [
    giftWorkflowId('gft_lost'),
    'campaign/cmp_lost',
    purchaseWorkflowId(lost.purchase.id),
    refundWorkflowId(lost.refund.id),
    referralWorkflowId(lost.referral.id),
  ]) {
    await expect.poll(() => statusOf(workflowId), WAIT).toBe('FAILED');
    const failure = await rig.client.workflow
      .getHandle(workflowId)
      .result()
      .catch((error) => error.cause);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^There is no (transfer|purchase|refund|referral|campaign) "/),
    });
  }
});

test('an action on a gift that was lost is refused in words, and its process waits', async () => {
  await expect(rig.act(lost.gift, 'hold')).rejects.toMatchObject({ code: 'not_found' });
  expect(await statusOf(giftWorkflowId(lost.gift.id))).toBe('RUNNING');
});

test('a reward is given by the ledger’s count, though the month’s process has its place taken by one that was lost', async () => {
  await referrals.join(before.waiting);
  await referrals.prompt(before.waiting);
  await referrals.until(before.waiting, 'rewarded');
});

test('everything begun since the time is terminated by one query, and what the ledger has open runs after a run of reconcile by hand', async () => {
  const query = `StartTime > "${restoredTo}" AND ExecutionStatus = "Running"`;
  const running = async () => {
    const ids: string[] = [];
    for await (const { workflowId } of rig.client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  };
  await expect.poll(running, WAIT).toContain(giftWorkflowId(lost.gift.id));
  for (const id of await running()) await rig.client.workflow.getHandle(id).terminate('restored');
  await expect.poll(running, WAIT).toEqual([]);
  expect((await reconcile()).duties).toMatchObject({
    gift_starts: { failed: 0 },
    referrals: { failed: 0 },
    purchases: { failed: 0 },
  });
  await rig.until(before.settled, 'settled');
  await rig.untilClosed(before.settled);
  for (const id of [
    giftWorkflowId(before.canceled.id),
    giftWorkflowId(before.held.id),
    referralWorkflowId(before.referral.id),
  ])
    expect(await statusOf(id)).toBe('RUNNING');
  expect(await statusOf(giftWorkflowId(lost.gift.id))).toBe('TERMINATED');
  expect(await statusOf(refundWorkflowId(before.refund.id))).toBe('COMPLETED');
  expect(await rig.available('bob')).toBe('10');
});

test('what people did since is forgotten, and is done again under the same keys', async () => {
  expect(await rig.ledger.findGift(before.canceled.id)).toMatchObject({ status: 'pending' });
  expect(await rig.act(before.canceled, 'cancel', { key: CANCEL })).toMatchObject({ status: 'canceled' });
  expect(await rig.act(before.held, 'hold')).toMatchObject({ status: 'held' });
  expect(await cancelReferral(before.referral)).toMatchObject({ status: 'canceled' });
  const again = await giveSettling(HOUR, { key: ACCEPT });
  expect(again.id).not.toBe(lost.gift.id);
  const request = {
    key: ACCEPT,
    id: 'gft_third',
    from: 'ada',
    to: { account_id: 'bob' },
    amount: '10',
    at: now(),
  };
  const { replayed, value } = await rig.ledger.acceptGift({ ...request, funding: 'transfer', message: null });
  expect({ replayed, id: value.id }).toEqual({ replayed: true, id: again.id });
});

test('the ledger holds, and Stripe and the ledger agree', async () => {
  await reconcile();
  await expectVerified(rig.ledger);
  expect(await compare()).toMatchObject({ code: 0 });
});
