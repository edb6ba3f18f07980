import type { WorkflowHandle } from '@temporalio/client';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { campaignWorkflowId } from '../../src/contracts/campaigns/campaign.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { createCampaign } from '../support/campaigns.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';

const NEXT_YEAR = '2100-01-01T00:00:00.000Z';
/** Tried of each process and of each update; the same in every run. */
const STARTS = 12;
const SENT = 8;

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
  await rig.seed('ada', '100');
});
afterAll(() => rig.close());

type Fields = Record<string, unknown>;
type Place = { holder: string[]; field: string };

/** Values that fit no field of these. */
const MISFITS = fc.constantFrom<unknown>(-1, 1.5, true, {}, [], [[]], [{}], '', { id: 'x' }, '\u0000', {
  length: 1,
});
/** What is no object at all, or one without a known field. */
const NO_OBJECTS = fc.constantFrom<unknown>(
  null,
  7,
  true,
  'text',
  [],
  [1],
  { x: 1 },
  JSON.parse('{"__proto__":{"a":1}}'),
);

/** An input of which one field does not fit, or is missing, or which is no object. */
function misshapen(sound: Fields, places: readonly Place[]): fc.Arbitrary<unknown> {
  const oneField = fc
    .record({ place: fc.constantFrom(...places), value: MISFITS })
    .map(({ place, value }) => {
      const copy = structuredClone(sound);
      let holder = copy;
      for (const name of place.holder) holder = holder[name] as Fields;
      holder[place.field] = value;
      return copy;
    });
  return fc.oneof({ weight: 3, arbitrary: oneField }, { weight: 1, arbitrary: NO_OBJECTS });
}
const of = (holder: string[], ...fields: string[]) => fields.map((field) => ({ holder, field }));
const month = { account_id: 'ada', month: '2026-03-01', ends_at: NEXT_YEAR };

const STARTED: Record<string, { id: string; sound: Fields; places: Place[] }> = {
  gift: {
    id: 'gift/x',
    sound: {
      accepted: { id: 'x', from: 'ada', to: 'bob', amount: '1', status: 'pending', deadline: NEXT_YEAR },
    },
    places: [...of([], 'accepted'), ...of(['accepted'], 'id', 'from', 'amount', 'status', 'deadline')],
  },
  purchase: {
    id: 'purchase/x',
    sound: {
      purchase: {
        id: 'x',
        account_id: 'ada',
        kind: 'checkout',
        status: 'open',
        package: 'p',
        expires_at: NEXT_YEAR,
      },
    },
    places: [...of([], 'purchase'), ...of(['purchase'], 'id', 'account_id', 'kind', 'status', 'expires_at')],
  },
  refund: {
    id: 'refund/x',
    sound: {
      refund: { id: 'x', account_id: 'ada', purchase_id: 'p', status: 'pending', amount: 1, currency: 'usd' },
    },
    places: [...of([], 'refund'), ...of(['refund'], 'id', 'account_id', 'status', 'currency')],
  },
  referral: {
    id: 'referral/x',
    sound: {
      referral: {
        id: 'x',
        program: 'p',
        referrer_id: 'ada',
        prompts_required: 3,
        expires_at: NEXT_YEAR,
        status: 'invited',
      },
    },
    places: [
      ...of([], 'referral'),
      ...of(['referral'], 'id', 'program', 'referrer_id', 'prompts_required', 'expires_at', 'status'),
    ],
  },
  rewardWindow: {
    id: 'reward-window/ada/2026-03-01',
    sound: { ...month, programs: { p: { cap: 3, banked: ['r'], held: ['s'] } } },
    places: [...of([], 'account_id', 'month', 'ends_at'), ...of(['programs', 'p'], 'cap')],
  },
  billingCycle: {
    id: 'billing-cycle/ada/2026-03-01',
    sound: { ...month },
    places: of([], 'account_id', 'month', 'ends_at'),
  },
};

/** Whether a task of it has failed, which would be tried for ever. */
async function failedTasks(handle: WorkflowHandle): Promise<object[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes);
}

test.each(Object.entries(STARTED))(
  'whatever does not fit is no start of %s, and fails no task of it',
  async (type, { id, sound, places }) => {
    for (const input of fc.sample(misshapen(sound, places), { numRuns: STARTS, seed: 13 })) {
      const handle = await rig.client.workflow.start(type, {
        taskQueue: TASK_QUEUE,
        workflowId: id,
        args: [input],
      });
      const ended = async () => {
        expect(await failedTasks(handle), JSON.stringify(input)).toEqual([]);
        return (await handle.describe()).status.name;
      };
      await expect.poll(ended, { timeout: 30_000, message: JSON.stringify(input) }).toBe('FAILED');
      const failure = await handle.result().catch((error: unknown) => error);
      expect(failure, JSON.stringify(input)).toMatchObject({ cause: { type: 'validation_failed' } });
    }
  },
);

const WHY = { reason: 'why', by: 'mia' };
const place = { referral_id: 'r', program: 'p' };
const UPDATES: Record<string, Record<string, { sound: Fields; fields: string[] }>> = {
  gift: {
    cancel: { sound: WHY, fields: ['reason', 'by'] },
    hold: { sound: WHY, fields: ['reason', 'by'] },
    release: { sound: WHY, fields: ['reason', 'by'] },
    reject: { sound: WHY, fields: ['reason', 'by'] },
    claim: { sound: { token: 't', account_id: 'bob' }, fields: ['token', 'account_id'] },
  },
  referral: {
    cancel: { sound: WHY, fields: ['reason', 'by'] },
    linkUsed: { sound: { account_id: 'bob' }, fields: ['account_id'] },
  },
  rewardWindow: {
    raiseCap: { sound: { program: 'p', cap: 5, ...WHY }, fields: ['program', 'cap', 'reason', 'by'] },
    claim: { sound: { ...place, cap: 3 }, fields: ['referral_id', 'program', 'cap'] },
    release: { sound: place, fields: ['referral_id', 'program'] },
  },
  campaign: {
    pause: { sound: WHY, fields: ['reason', 'by'] },
    resume: { sound: WHY, fields: ['reason', 'by'] },
    cancel: { sound: WHY, fields: ['reason', 'by'] },
  },
};

/** One of each that takes updates. */
async function running(type: string): Promise<WorkflowHandle> {
  if (type === 'gift') {
    const gift = await rig.give({ from: 'ada', to: { email: 'eve@example.com' }, amount: '1' });
    return rig.client.workflow.getHandle(`gift/${gift.id}`);
  }
  if (type === 'referral') return referrals.handle(await referrals.invite('ada'));
  if (type === 'rewardWindow') {
    const options = { taskQueue: TASK_QUEUE, workflowId: 'reward-window/ada/2026-04-01' };
    const args = [{ ...month, month: '2026-04-01' }];
    return await rig.client.workflow.start('rewardWindow', { ...options, args });
  }
  const { id } = await createCampaign(rig.ledger, { ongoing: true });
  const options = { taskQueue: TASK_QUEUE, workflowId: campaignWorkflowId(id) };
  return await rig.client.workflow.start('campaign', options);
}

test.each(Object.entries(UPDATES))(
  'whatever does not fit is refused by each update of %s, and fails no task of it',
  async (type, updates) => {
    const handle = await running(type);
    for (const [name, { sound, fields }] of Object.entries(updates)) {
      for (const given of fc.sample(misshapen(sound, of([], ...fields)), { numRuns: SENT, seed: 13 })) {
        const sent = handle.executeUpdate(name, { args: [given] });
        const answer = await sent.then(
          (value) => ({ value }),
          (error) => error,
        );
        expect(answer, `${name} ${JSON.stringify(given)}`).toMatchObject({
          cause: { type: 'validation_failed' },
        });
      }
    }
    expect(await failedTasks(handle)).toEqual([]);
    await handle.terminate('the test is over');
  },
);

test('a program may have the name of anything that JavaScript knows', async () => {
  const options = { taskQueue: TASK_QUEUE, workflowId: 'reward-window/ada/2026-05-01' };
  const handle = await rig.client.workflow.start('rewardWindow', {
    ...options,
    args: [{ ...month, month: '2026-05-01' }],
  });
  for (const program of ['constructor', '__proto__', 'toString']) {
    const named = { referral_id: 'r', program };
    await handle.executeUpdate('release', { args: [named] });
    const claimed = await handle.executeUpdate('claim', { args: [{ ...named, cap: 1 }] });
    expect(claimed).toEqual({ granted: true, cap: 1, taken: 1 });
    expect(
      await handle.executeUpdate('claim', { args: [{ ...named, referral_id: 's', cap: 1 }] }),
    ).toMatchObject({
      granted: false,
    });
  }
  expect(await failedTasks(handle)).toEqual([]);
  await handle.terminate('the test is over');
});
