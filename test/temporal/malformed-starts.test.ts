import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
  await rig.seed('ada', '100');
});
afterAll(() => rig.close());

const NEXT_YEAR = '2100-01-01T00:00:00.000Z';
const purchase = {
  id: 'x',
  account_id: 'ada',
  kind: 'checkout',
  status: 'open',
  package: 'credits-100',
  expires_at: NEXT_YEAR,
  reason_code: null,
};
const refund = {
  id: 'x',
  account_id: 'ada',
  purchase_id: 'p',
  status: 'pending',
  amount: 1,
  currency: 'usd',
  reason_code: null,
};
const referral = {
  id: 'x',
  program: 'p',
  referrer_id: 'ada',
  prompts_required: 3,
  expires_at: NEXT_YEAR,
  status: 'invited',
};
const accepted = { id: 'x', from: 'ada', to: 'bob', amount: '1', status: 'pending', deadline: NEXT_YEAR };
const month = { account_id: 'ada', month: '2026-03-01', ends_at: NEXT_YEAR };

test.each([
  ['purchase', 'purchase/x', { purchase: { ...purchase, expires_at: 2100 } }],
  ['purchase', 'purchase/x', { purchase: { ...purchase, status: 'nonsense' } }],
  ['purchase', 'purchase/x', { purchase: { ...purchase, account_id: undefined } }],
  ['purchase', 'purchase/x', 'purchase'],
  ['purchase', 'purchase/x', { purchase: 7 }],
  ['refund', 'refund/x', { refund: { ...refund, currency: 7 } }],
  ['refund', 'refund/x', { refund: { ...refund, amount: '1.5' } }],
  ['refund', 'refund/x', null],
  ['referral', 'referral/x', { referral: { ...referral, expires_at: undefined } }],
  ['referral', 'referral/x', { referral: { ...referral, reason: 5 } }],
  ['referral', 'referral/x', { referral, resent: 'often' }],
  ['referral', 'referral/x', []],
  ['rewardWindow', 'reward-window/ada/2026-03-01', { ...month, programs: { p: 5 } }],
  [
    'rewardWindow',
    'reward-window/ada/2026-03-01',
    { ...month, programs: { p: { cap: 3, banked: 1, held: [] } } },
  ],
  ['rewardWindow', 'reward-window/ada/2026-03-01', { ...month, ends_at: 7 }],
  ['gift', 'gift/x', { accepted: { ...accepted, status: 'nonsense' } }],
  ['gift', 'gift/x', { accepted: { ...accepted, deadline: 7 } }],
  ['gift', 'gift/x', { accepted: { ...accepted, from: { id: 'ada' } } }],
  ['billingCycle', 'billing-cycle/ada/2026-03-01', { ...month, ends_at: null }],
  ['billingCycle', 'billing-cycle/ada/2026-03-01', 5],
])('a start of %s as %s with %j is refused, and no task of it fails', async (type, workflowId, input) => {
  const handle = await rig.client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
  const failure = await handle.result().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect((failure as WorkflowFailedError).cause).toBeInstanceOf(ApplicationFailure);
  expect((failure as { cause: ApplicationFailure }).cause.type).toBe('validation_failed');
  const { events } = await handle.fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
});

test('messages that do not fit are dropped or refused, and no task of a process fails', async () => {
  const invited = await referrals.invite('ada');
  const handle = referrals.handle(invited);
  for (const said of [
    { status: 'joined', reason: 5 },
    { status: 'qualified', deferred_until: 5 },
    { status: 'joined', friend_id: {} },
    5,
    null,
    [],
  ]) {
    await handle.signal('changed', said);
    await handle.signal('prompted', said);
  }
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  const window = await referrals.window('ada');
  const place = { referral_id: 'r', program: 'p', cap: 3 };
  for (const given of [
    { ...place, banked: 5 },
    { ...place, banked: [5] },
    { ...place, cap: -1 },
    'place',
    [],
  ]) {
    await expect(window.executeUpdate('claim', { args: [given] })).rejects.toThrow();
  }
  const odd = [{ program: 'p', claimed: [5], cap: 3 }, { program: '\u0000' }, { program: {} }, 5, null, 'x'];
  for (const said of odd) await window.signal('changed', said);
  expect(await window.query('status')).toMatchObject({ account_id: 'ada' });
  for (const one of [handle, window]) {
    const { events } = await one.fetchHistory();
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  }
});
