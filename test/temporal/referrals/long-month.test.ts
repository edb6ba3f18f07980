import { afterAll, beforeAll, expect, test } from 'vitest';
import { TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { rewardWindows } from '../../../src/temporal/referrals/reward-window-process.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../../support/referral-rig.ts';
import { devServer } from '../../support/temporal-server.ts';

const PROGRAM = 'codex-selective';
/** A window that continues as new after some fifteen updates. */
const SHORT_HISTORY = { 'limit.historyCount.suggestContinueAsNew': 60 };

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await devServer({ dynamicConfig: SHORT_HISTORY }), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

test('a month with many messages goes on in a new run with every place', async () => {
  await rig.seed('fay');
  const invited = await referrals.invite('fay');
  await referrals.join(invited);
  await referrals.until(await referrals.prompt(invited, 3), 'rewarded');
  const window = await referrals.window('fay');
  const first = (await window.describe()).runId;
  const month = await rig.ledger.rewardWindow('fay', PROGRAM, await rig.now());
  const windows = rewardWindows(rig.client, TASK_QUEUE);
  for (let count = 0; count < 20; count += 1) await windows.claim(month, 'held-one');
  expect((await window.describe()).runId).not.toBe(first);
  expect(await window.query('status')).toMatchObject({
    programs: { [PROGRAM]: { cap: 3, banked: month.claimed, held: ['held-one'] } },
  });
});
