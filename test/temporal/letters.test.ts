import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { type Referral, referralWorkflowId } from '../../src/contracts/referrals/referral.ts';
import { EXPIRY_WORKFLOW, type ExpiryReport, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { createPurchaseProcess } from '../../src/temporal/purchases/purchase-process.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { buy, hear } from '../support/purchases.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { resetWorkflow } from '../support/reset-workflow.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { later } from '../support/test-ledger.ts';

/** Both are rewarded; the referrer's second reward waits for the next month. */
const BOTH = 'codex-pilot';
const PATIENCE = { timeout: 60_000, interval: 20 };

let rig: GiftRig;
let referrals: ReferralRig;
let people = 0;
beforeAll(async () => {
  const programs = {
    ...OPEN_PROGRAMS.programs,
    [BOTH]: { opens_at: null, closes_at: null, monthly_cap: 1, over_cap: 'defer', invites: 1000, prompts: 1 },
  };
  rig = await giftRig(await devNamespace(), { policy: { programs } as object });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());
beforeEach(() => {
  rig.mail.mails.length = 0;
});

/** Somebody with an address. */
async function person(): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await rig.seed(id, '50');
  await rig.ledger.putAccount(id, { plan: 'plus', email: `${id}@example.com` }, await rig.now());
  return id;
}
const mailsTo = (address: string) => rig.mail.mails.filter(({ to }) => to.includes(address));
const isMailed = (address: string) => expect.poll(() => mailsTo(address).length, PATIENCE).toBe(1);
const attempts = async (id: string) =>
  Number((await rig.own.sql('SELECT tries FROM boon.letters WHERE id = $1', [id]))[0]?.tries ?? 0);
/** So many letters activities have been done in the run that stands now. */
async function untilDone(workflowId: string, activity: string, times: number): Promise<void> {
  const done = async () => {
    const { events = [] } = await rig.client.workflow.getHandle(workflowId).fetchHistory();
    const mine = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
    );
    return (events ?? []).filter((event) =>
      mine.some(
        ({ eventId }) => `${event.activityTaskCompletedEventAttributes?.scheduledEventId}` === `${eventId}`,
      ),
    ).length;
  };
  await expect.poll(done, PATIENCE).toBe(times);
}
/** An invitation whose friend, who has an address, has done enough. */
async function qualified(referrer: string): Promise<Referral> {
  const invited = await referrals.invite(referrer, { program: BOTH });
  await referrals.join(invited);
  await rig.ledger.putAccount(
    `friend-${invited.id}`,
    { plan: 'free', email: `friend-${invited.id}@example.com` },
    await rig.now(),
  );
  await referrals.prompt(invited);
  return invited;
}

describe('a process that is reset to its first task', () => {
  test('of a gift does not mail the claim link again', async () => {
    const from = await person();
    const to = `to-${from}@example.com`;
    const gift = await rig.give({ from, to: { email: to }, amount: '1' });
    const workflowId = giftWorkflowId(gift.id);
    await isMailed(to);
    await untilDone(workflowId, 'sendClaimMail', 1);
    await resetWorkflow(rig.client, workflowId);
    await untilDone(workflowId, 'sendClaimMail', 1);
    expect(mailsTo(to)).toHaveLength(1);
    await rig.act(gift, 'cancel');
  });

  test('of a purchase does not mail the receipt again', async () => {
    const buyer = await person();
    const at = await rig.now();
    const purchase = await buy(rig.ledger, buyer, 'credits-100', { at });
    await hear(rig.ledger, purchase, { said: 'paid', payment_id: `pi_${purchase.id}`, at });
    const process = createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE });
    await process.start(await rig.ledger.findPurchase(purchase.id));
    const handle = rig.client.workflow.getHandle(purchaseWorkflowId(purchase.id));
    await handle.result();
    await resetWorkflow(rig.client, handle.workflowId);
    expect(await handle.result()).toEqual({ status: 'paid' });
    expect(mailsTo(`${buyer}@example.com`)).toHaveLength(1);
  });

  test('of a referral mails neither the invitation nor a reward again', async () => {
    const referrer = await person();
    const invited = await qualified(referrer);
    await referrals.until(invited, 'rewarded');
    await referrals.untilClosed(invited);
    const addresses = [`${referrer}@example.com`, `friend-${invited.id}@example.com`];
    for (const address of addresses) await isMailed(address);
    const before = rig.mail.mails.length;
    await resetWorkflow(rig.client, referralWorkflowId(invited.id));
    await referrals.untilClosed(invited);
    expect(await referrals.handle(invited).result()).toMatchObject({ status: 'rewarded' });
    expect(rig.mail.mails).toHaveLength(before);
  });
});

describe('a two-sided reward', () => {
  test('is mailed to the friend though the referrer’s waits for the next month, and to the referrer when it comes', async () => {
    const referrer = await person();
    const first = await qualified(referrer);
    await referrals.until(first, 'rewarded');
    await isMailed(`${referrer}@example.com`);
    const second = await qualified(referrer);
    await isMailed(`friend-${second.id}@example.com`);
    const { deferred_until, status } = await rig.ledger.findReferral(second.id);
    expect(status).toBe('qualified');
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
    await rig.ledger.rewardReferral(second.id, `${deferred_until}`);
    await referrals.process.changed(await rig.ledger.findReferral(second.id));
    await referrals.untilClosed(second);
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(2);
    expect(mailsTo(`friend-${second.id}@example.com`)).toHaveLength(1);
  });

  test('is mailed to the referrer at once though the friend’s mailbox is full, and only once', async () => {
    const referrer = await person();
    const invited = await referrals.invite(referrer, { program: BOTH });
    const friend = `friend-${invited.id}@example.com`;
    rig.mail.treat(friend, 452);
    await referrals.join(invited);
    const put = { plan: 'free' as const, email: friend };
    await rig.ledger.putAccount(`friend-${invited.id}`, put, await rig.now());
    await referrals.prompt(invited);
    await isMailed(`${referrer}@example.com`);
    await expect.poll(() => attempts(`reward/${invited.id}/friend`), PATIENCE).toBeGreaterThan(1);
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
    rig.mail.treat(friend, undefined);
    await isMailed(friend);
    await referrals.untilClosed(invited);
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
  });
});

test('a process that is terminated before its letter was taken leaves it to the schedule', async () => {
  const from = await person();
  const to = `full-${from}@example.com`;
  rig.mail.treat(to, 452);
  const gift = await rig.give({ from, to: { email: to }, amount: '1' });
  const stuck = async () =>
    (await rig.ledger.listStuckItems({ what: 'letters' }, { limit: 10 })).data.find(
      ({ item }) => item === `claim/${gift.id}`,
    );
  await expect.poll(stuck, PATIENCE).toBeDefined();
  await rig.client.workflow.getHandle(giftWorkflowId(gift.id)).terminate('an operator slipped');
  rig.mail.treat(to, undefined);
  const item = await stuck();
  await rig.ledger.retryStuckItem({
    key: 'retry-letter',
    id: `${item?.id}`,
    at: later(`${item?.tried_at}`, { ms: 1 }),
  });
  const run = { taskQueue: TASK_QUEUE, workflowId: 'expiry-of-letters' };
  const report: ExpiryReport = await rig.client.workflow.execute(EXPIRY_WORKFLOW, run);
  expect(report).toMatchObject({ letters_sent: 1, duties: { letters: { failed: 0 } } });
  expect(mailsTo(to)).toHaveLength(1);
  rig.replayLater('expiry-of-letters');
});
