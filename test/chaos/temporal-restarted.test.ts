import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import { RECONCILE_WORKFLOW, SCHEDULES, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { freePort } from '../../src/local/ports.ts';
import { keepSchedules } from '../../src/temporal/schedules.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { OPEN_PROGRAMS, referralRig } from '../support/referral-rig.ts';
import { qualifiedUnheard } from '../support/referrals.ts';
import { type DevTemporal, devServer } from '../support/temporal-server.ts';
import { expectVerified, newGiftId, newKey } from '../support/test-ledger.ts';

const SENDERS = 4;
const WAIT = { timeout: 60_000, interval: 20 };

let folder: string;
let temporal: DevTemporal;
let rig: GiftRig;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-restart-'));
  temporal = await devServer({ dbFile: join(folder, 'temporal.db'), port: await freePort() });
  rig = await giftRig(temporal, {
    policy: {
      ...OPEN_PROGRAMS,
      gifts: {
        settlement: 'PT4S',
        screening: { velocity: { verdict: 'allow' }, fan_in: { verdict: 'allow' } },
      },
    },
  });
  await rig.seed('bob');
  for (let sender = 0; sender < SENDERS; sender += 1) await rig.seed(`ada-${sender}`, '100');
});
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

test('gifts given while the Temporal server is killed and started again all settle once, those settled together too', async () => {
  await keepSchedules(rig.client, TASK_QUEUE, { processes: 'batched', settlementParts: 1 });
  for (const id of Object.values(SCHEDULES))
    await rig.client.schedule.getHandle(id).pause('the test runs it');
  const gifts: Gift[] = [];
  let started = 0;
  let refused = 0;
  let over = false;
  const senders = Array.from({ length: SENDERS }, async (_, sender) => {
    while (!over && gifts.filter(({ from }) => from === `ada-${sender}`).length < 9) {
      const { value } = await rig.ledger.acceptGift({
        key: newKey('accept'),
        id: newGiftId(),
        at: new Date().toISOString(),
        from: `ada-${sender}`,
        to: { account_id: 'bob' },
        amount: '1',
        funding: 'transfer',
        message: null,
      });
      gifts.push(value);
      const open = acceptedGift(value);
      if (open === undefined) throw new Error('a new gift is open');
      // Of every second sender gifts are quiet: the schedule settles them.
      if (sender % 2 === 1) {
        await pause(200);
        continue;
      }
      // As the API does: a gift stands in the ledger whether or not its process could be started.
      await rig.process.start(open).then(
        () => {
          started += 1;
        },
        (error) => {
          expect(error).toMatchObject({ code: 'unavailable' });
          refused += 1;
        },
      );
      await pause(200);
    }
  });
  await vi.waitUntil(() => started > 0, WAIT);
  await temporal.kill();
  await vi.waitUntil(() => refused > 0, WAIT);
  await temporal.startAgain();
  over = true;
  await Promise.all(senders);

  // The accepted gifts without a process are older than a minute at some run of the schedule; here at once.
  const later = new Date(Date.now() + 120_000).toISOString();
  const { data } = await rig.ledger.openGifts(later, { limit: 100 });
  for (const gift of data.filter(({ from }) => /[02]$/.test(from))) {
    const start = () =>
      rig.process.start(gift).then(
        () => true,
        () => false,
      );
    // A server that has just begun, on a busy machine, may take longer than a caller would wait.
    await vi.waitUntil(start, WAIT);
  }
  for (const gift of gifts) await rig.until(gift, 'settled');
  expect(await rig.available('bob')).toBe(String(gifts.length));
  await rig.client.workflow.execute(RECONCILE_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: 'reconcile-after',
  });
  await expectVerified(rig.ledger);
});

test('friends who qualify while the Temporal server is killed and started again are rewarded, once', async () => {
  const referrals = referralRig(rig);
  await rig.seed('jo');
  const invited = await referrals.invite('jo');
  await referrals.join(invited);
  await temporal.kill();
  // The ledger goes on; what Temporal would be told is lost.
  const [unheard] = await Promise.all([qualifiedUnheard(rig.ledger, 'jo'), referrals.prompt(invited, 3)]);
  expect(await rig.ledger.findReferral(invited.id)).toMatchObject({ status: 'qualified' });
  await temporal.startAgain();
  await rig.client.workflow.execute(RECONCILE_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: 'reconcile-referrals',
  });
  await referrals.until(unheard, 'rewarded');
  // The other is due for a minute only after a while: told by hand what the next run tells.
  await referrals.process.prompted(await rig.ledger.findReferral(invited.id));
  await referrals.until(invited, 'rewarded');
  const { data: resets } = await rig.ledger.listResets('jo', await rig.now());
  expect(resets.filter(({ source }) => source === 'referral')).toHaveLength(2);
  await expectVerified(rig.ledger);
});
