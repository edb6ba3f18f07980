/** Messages to a reward window's process: stale and repeated. Those after its month's end are in `test/temporal/referrals/reward-window.test.ts`. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type Referral,
  type RewardWindow,
  rewardWindowWorkflowId,
} from '../../../src/contracts/referrals/referral.ts';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { rewardWindows } from '../../../src/temporal/referrals/reward-window-process.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../../support/referral-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';
import { newKey } from '../../support/test-ledger.ts';

const PROGRAM = 'codex-selective';
const RAISE = { program: PROGRAM, reason: 'speaker at our conference', by: 'mia' };

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

let ada: string;
let people = 0;
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await rig.seed(ada);
});

const inLedger = async () => await rig.ledger.rewardWindow(ada, PROGRAM, await rig.now());
const claim = (window: RewardWindow, id: string) => rewardWindows(rig.client, TASK_QUEUE).claim(window, id);
async function handle() {
  const window = await inLedger();
  rig.replayLater(rewardWindowWorkflowId(ada, window.month));
  return rig.client.workflow.getHandle(rewardWindowWorkflowId(ada, window.month));
}
const places = async () => {
  const { programs } = await (await handle()).query<{ programs: Record<string, object> }>('status');
  return programs[PROGRAM];
};
async function rewarded(): Promise<Referral> {
  const invited = await referrals.invite(ada);
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  const found = await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  return found;
}

test('a claim with an older list of paid places forgets none of the newer', async () => {
  const older = await inLedger();
  expect(older.claimed).toEqual([]);
  const one = await rewarded();
  const two = await rewarded();
  const newer = await inLedger();
  expect(newer.claimed).toEqual([one.id, two.id]);
  expect(await claim(newer, 'three')).toEqual({ granted: true, cap: 3, taken: 3 });
  // On its way since before both were paid, and once more.
  for (const id of ['four', 'four', 'five']) {
    expect(await claim(older, id)).toEqual({ granted: false, cap: 3, taken: 3 });
  }
  expect(await places()).toEqual({ cap: 3, banked: [one.id, two.id], held: ['three'] });
  // Who has a place has it, however old the list.
  expect(await claim(older, one.id)).toMatchObject({ granted: true, taken: 3 });
  expect(await claim(older, 'three')).toMatchObject({ granted: true, taken: 3 });
});

test('a claim with the cap of before a raise does not lower it', async () => {
  const older = await inLedger();
  await claim(older, 'one');
  await (await handle()).executeUpdate('raiseCap', { args: [{ ...RAISE, cap: 5 }] });
  expect(await claim(older, 'two')).toEqual({ granted: true, cap: 5, taken: 2 });
  expect(await places()).toMatchObject({ cap: 5 });
});

test('a claim with a cap that was raised while the process did not know has it', async () => {
  const older = await inLedger();
  for (const id of ['one', 'two', 'three']) await claim(older, id);
  const at = await rig.now();
  await rig.ledger.raiseCap({
    key: newKey('raise'),
    at,
    account_id: ada,
    month: older.month,
    ...RAISE,
    cap: 4,
  });
  expect(await claim(older, 'four')).toEqual({ granted: false, cap: 3, taken: 3 });
  const newer = await inLedger();
  expect(await claim(newer, 'four')).toEqual({ granted: true, cap: 4, taken: 4 });
  expect(await claim(older, 'five')).toEqual({ granted: false, cap: 4, taken: 4 });
});

test('an older signal after a newer one changes nothing: the window looks at the ledger', async () => {
  const older = await inLedger();
  const one = await rewarded();
  const window = await handle();
  const key = newKey('raise');
  const raise = { key, at: await rig.now(), account_id: ada, month: older.month, ...RAISE, cap: 4 };
  const first = await rig.ledger.raiseCap(raise);
  await window.signal('changed', first.value);
  await rig.ledger.raiseCap({ ...raise, key: newKey('raise'), cap: 6 });
  // The raise's key again: its answer is an old one, and the API signals what it was answered.
  const again = await rig.ledger.raiseCap(raise);
  expect(again).toEqual({ value: first.value, replayed: true });
  for (const stale of [again.value, older, again.value]) {
    await window.signal('changed', stale);
    await expect.poll(places, { timeout: 30_000 }).toEqual({ cap: 6, banked: [one.id], held: [] });
  }
  // What fits nothing is dropped.
  for (const odd of ['nothing', null, { program: PROGRAM }]) await window.signal('changed', odd);
  expect(await claim(older, 'two')).toEqual({ granted: true, cap: 6, taken: 2 });
});

test('a place is released once, however often that is said; an unknown one, and one of another program, by nobody', async () => {
  const window = await inLedger();
  for (const id of ['one', 'two', 'three', 'one'])
    expect(await claim(window, id)).toMatchObject({ granted: true });
  const release = async (referral_id: string, program = PROGRAM) => {
    await (await handle()).executeUpdate('release', { args: [{ referral_id, program }] });
    return await places();
  };
  const left = { cap: 3, banked: [], held: ['one', 'three'] };
  expect(await release('two')).toEqual(left);
  expect(await release('two')).toEqual(left);
  expect(await release('four')).toEqual(left);
  expect(await release('one', 'codex-pilot')).toEqual(left);
  // Paid when the claim was on its way, and taken back since.
  expect(await claim({ ...window, claimed: ['five'] }, 'five')).toMatchObject({ granted: true, taken: 3 });
  expect(await release('five')).toEqual(left);
});
