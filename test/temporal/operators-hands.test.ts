/**
 * What happens to each process when an operator terminates it, requests its cancellation, resets it to its first task, or
 * when it completed by mistake; the table of docs/operating.md. Every row is an hour old: what reconcile looks at because it
 * is new heals nothing here.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workflow } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billingCycleWorkflowId } from '../../src/contracts/billing/invoice.ts';
import { campaignWorkflowId } from '../../src/contracts/campaigns/campaign.ts';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import type { Payments } from '../../src/contracts/purchases/payments.ts';
import { purchaseProgress, purchaseWorkflowId } from '../../src/contracts/purchases/purchase.ts';
import { refundProgress, refundWorkflowId } from '../../src/contracts/purchases/refund.ts';
import {
  referralProgress,
  referralWorkflowId,
  rewardWindowWorkflowId,
} from '../../src/contracts/referrals/referral.ts';
import { SCHEDULES, SETTLEMENT_SCHEDULE, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { COMPLIMENTARY_CAMPAIGN } from '../../src/domain/campaign.ts';
import { billingRuns } from '../../src/temporal/billing/billing-runs.ts';
import { createCampaignProcess } from '../../src/temporal/campaigns/campaign-process.ts';
import { keepComplimentaryResets } from '../../src/temporal/campaigns/complimentary-resets.ts';
import { createPurchaseProcess } from '../../src/temporal/purchases/purchase-process.ts';
import { createRefundProcess } from '../../src/temporal/purchases/refund-process.ts';
import { rewardWindows } from '../../src/temporal/referrals/reward-window-process.ts';
import { keepSchedules } from '../../src/temporal/schedules.ts';
import { BILLED, seedInvoiced } from '../support/billing.ts';
import { createCampaign } from '../support/campaigns.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { bought, buy, CONSENT, newPurchaseId } from '../support/purchases.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import { inviteRequest, join as joinBy, newFriend, prompt } from '../support/referrals.ts';
import { askRefund } from '../support/refunds.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified, newGiftId, newKey } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

const HOUR = 3_600_000;
const PROGRAM = 'codex-selective';
const PATIENCE = { timeout: 60_000 };
/** Runs of reconcile within which everything is healed. */
const MOST_RUNS = 2;

/** A bank that never answers, and pages that nobody pays on. */
const payments = {
  refund: async ({ id }, _payment, at) => ({ at, refund_id: id, status: 'pending', provider_id: `re_${id}` }),
  charge: async () => undefined,
  closeCheckout: async ({ id }, at) => ({ at, purchase_id: id, said: 'expired' }),
} as Partial<Payments> as Payments;

let rig: GiftRig;
let referrals: ReferralRig;
let campaigns: ReturnType<typeof createCampaignProcess>;
let people = 0;

beforeAll(async () => {
  const policy = { ...OPEN_PROGRAMS, ...BILLED, gifts: { screening: { velocity: { verdict: 'allow' } } } };
  rig = await giftRig(await devNamespace(), { policy: policy as object, worker: false });
  referrals = referralRig(rig);
  campaigns = createCampaignProcess({ client: rig.client, taskQueue: TASK_QUEUE });
  await keepSchedules(rig.client, TASK_QUEUE, { processes: 'batched', settlementParts: 1 });
  for (const id of [...Object.values(SCHEDULES), SETTLEMENT_SCHEDULE])
    await rig.client.schedule.getHandle(id).pause('tests run it');
});
afterAll(async () => {
  await expectVerified(rig.ledger);
  await rig.close();
});

const handle = (id: string, run?: string) => rig.client.workflow.getHandle<Workflow>(id, run);
const statusOf = async (id: string) => (await handle(id).describe()).status.name;
const runOf = async (id: string) => (await handle(id).describe()).runId;
const anHourAgo = () => new Date(Date.now() - HOUR).toISOString();
const present = () => new Date().toISOString();
async function detailsOf(id: string): Promise<string> {
  const { currentDetails } = (await handle(id).query('__temporal_workflow_metadata')) as {
    currentDetails?: string;
  };
  return currentDetails ?? '';
}
async function person(credits?: string): Promise<string> {
  people += 1;
  await rig.seed(`hand-${people}`, credits);
  return `hand-${people}`;
}

/** Waits in real time, in hooks too. */
async function until(holds: () => Promise<unknown>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE.timeout;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come to that: ${what}`);
    await rig.sleep(50);
  }
}

/** Triggers a schedule; the id and run of what it started. */
async function trigger(scheduleId: string): Promise<{ workflowId: string; firstExecutionRunId: string }> {
  const schedule = rig.client.schedule.getHandle(scheduleId);
  const actions = async () => (await schedule.describe()).info.recentActions;
  const before = (await actions()).at(-1)?.action.workflow.firstExecutionRunId;
  await schedule.trigger('SKIP');
  const latest = async () => (await actions()).at(-1)?.action.workflow;
  await until(async () => (await latest())?.firstExecutionRunId !== before, `a run of ${scheduleId}`);
  const started = await latest();
  if (started === undefined) throw new Error('The schedule started nothing');
  return started;
}
async function reconcile(): Promise<void> {
  const { workflowId, firstExecutionRunId } = await trigger(SCHEDULES.reconcile);
  await handle(workflowId, firstExecutionRunId).result();
}

type Begun = {
  workflowId: string;
  /** How the ledger has it. */
  ledgerSays: () => Promise<string>;
};
type Kind = {
  begin: () => Promise<Begun>;
  /** How the ledger has it while it is open. */
  open: string;
  /** What a request to cancel makes of it in the ledger; undefined where it is refused. */
  canceled?: string;
  /** Its query, and what that answers of its standing. */
  query: string;
  /** A start of the same type that completes at once, against the ledger; undefined where the type asks the ledger first. */
  falseInput?: (workflowId: string) => Promise<object>;
};

const KINDS: Record<string, Kind> = {
  gift: {
    async begin() {
      const [from, to] = [await person('100'), await person()];
      const gift = {
        id: newGiftId(),
        from,
        to: { account_id: to },
        amount: '5',
        funding: 'transfer',
      } as const;
      const request = { key: newKey('accept'), at: anHourAgo(), message: null, ...gift };
      const accepted = acceptedGift((await rig.ledger.acceptGift(request)).value);
      if (accepted === undefined) throw new Error('It is open');
      await rig.process.start(accepted);
      const workflowId = giftWorkflowId(gift.id);
      await handle(workflowId).executeUpdate('refresh');
      return { workflowId, ledgerSays: async () => (await rig.ledger.findGift(gift.id)).status };
    },
    open: 'pending',
    canceled: 'canceled',
    query: 'status',
  },
  referral: {
    async begin() {
      const { value } = await rig.ledger.invite(inviteRequest(await person(), { at: anHourAgo() }));
      await referrals.process.start(value);
      return {
        workflowId: referralWorkflowId(value.id),
        ledgerSays: async () => (await rig.ledger.findReferral(value.id)).status,
      };
    },
    open: 'invited',
    canceled: 'canceled',
    query: 'status',
    async falseInput(workflowId) {
      const referral = await rig.ledger.findReferral(workflowId.replace('referral/', ''));
      return { referral: { ...referralProgress(referral), status: 'expired' } };
    },
  },
  rewardWindow: {
    async begin() {
      const account_id = await person();
      const { month } = await rig.ledger.rewardWindow(account_id, PROGRAM, present());
      const raise = { account_id, program: PROGRAM, month, cap: 5, reason: 'a speaker', by: 'mia' };
      const { value } = await rig.ledger.raiseCap({ key: newKey('raise'), at: present(), ...raise });
      await rewardWindows(rig.client, TASK_QUEUE).claim(value, 'r1');
      const cap = async () => (await rig.ledger.rewardWindow(account_id, PROGRAM, present())).cap;
      return {
        workflowId: rewardWindowWorkflowId(account_id, month),
        ledgerSays: async () => `a cap of ${await cap()}`,
      };
    },
    open: 'a cap of 5',
    query: 'status',
    async falseInput(workflowId) {
      const [, account_id, month] = workflowId.split('/');
      return { account_id, month, ends_at: anHourAgo() };
    },
  },
  purchase: {
    async begin() {
      const purchase = await buy(rig.ledger, await person(), 'credits-100', { at: anHourAgo() });
      await createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE }).start(purchase);
      return purchaseOf(purchase.id);
    },
    open: 'open',
    canceled: 'expired (canceled)',
    query: 'status',
    falseInput: falsePurchase,
  },
  'purchase by a stored card': {
    async begin() {
      const id = await person();
      await bought(rig.ledger, id, 'reset-1', { at: anHourAgo(), save_card: true });
      await rig.ledger.putTopUp(id, CONSENT, 'user', anHourAgo());
      const purchase = await rig.ledger.beginTopUp(id, newPurchaseId(), anHourAgo());
      if (purchase === undefined) throw new Error('It was due');
      await createPurchaseProcess({ client: rig.client, taskQueue: TASK_QUEUE }).start(purchase);
      return purchaseOf(purchase.id);
    },
    open: 'open',
    query: 'status',
    falseInput: falsePurchase,
  },
  refund: {
    async begin() {
      const purchase = await bought(rig.ledger, await person(), 'credits-100', { at: anHourAgo() });
      const refund = await askRefund(rig.ledger, purchase, { at: anHourAgo() });
      await createRefundProcess({ client: rig.client, taskQueue: TASK_QUEUE }).start(refund);
      return {
        workflowId: refundWorkflowId(refund.id),
        ledgerSays: async () => (await rig.ledger.findRefund(refund.id)).status,
      };
    },
    open: 'pending',
    query: 'status',
    async falseInput(workflowId) {
      const refund = await rig.ledger.findRefund(workflowId.replace('refund/', ''));
      return {
        refund: { ...refundProgress(refund), status: 'failed', reason_code: 'no' },
        ask_at: present(),
        asked: 1,
      };
    },
  },
  campaign: {
    async begin() {
      const campaign = await createCampaign(rig.ledger, { at: anHourAgo() });
      const pause = {
        key: newKey('pause'),
        campaign_id: campaign.id,
        action: 'pause',
        at: anHourAgo(),
      } as const;
      await campaigns.wake((await rig.ledger.actOnCampaign(pause)).value);
      return campaignOf(campaign.id);
    },
    open: 'paused',
    canceled: 'canceled',
    query: 'progress',
  },
  'the complimentary campaign': {
    async begin() {
      await keepComplimentaryResets(rig.ledger, campaigns, anHourAgo());
      const begun = campaignOf(COMPLIMENTARY_CAMPAIGN);
      if ((await begun.ledgerSays()) === 'canceled') await resume(COMPLIMENTARY_CAMPAIGN);
      await until(async () => (await begun.ledgerSays()) === 'ongoing', 'an ongoing campaign');
      return begun;
    },
    open: 'ongoing',
    canceled: 'canceled',
    query: 'progress',
  },
  billingCycle: {
    async begin() {
      people += 1;
      const org = `hand-org-${people}`;
      await seedInvoiced(rig.ledger, org, [`${org}-member`]);
      await charge(rig.ledger, `${org}-member`, { units: '3', at: anHourAgo() });
      const { data } = await rig.ledger.unfinishedBillingMonths({ limit: 100 });
      const month = data.find(({ account_id }) => account_id === org);
      if (month === undefined) throw new Error('It was charged');
      await billingRuns(rig.client, TASK_QUEUE).start(month);
      return {
        workflowId: billingCycleWorkflowId(org, month.month),
        ledgerSays: async () => `charged ${(await rig.ledger.billingMonth(month)).charged}`,
      };
    },
    open: 'charged 3',
    query: 'status',
  },
};

/** The queries that a page's first table names. */
function queriesOf(page: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
  return [...text.matchAll(/^\|[^|]+\| `([^`]+)` \|$/gm)].map(([, query]) => `${query}`);
}
function kindOf(name: string): Kind {
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(`There is no ${name}`);
  return kind;
}
function purchaseOf(id: string): Begun {
  return {
    workflowId: purchaseWorkflowId(id),
    async ledgerSays() {
      const { status, reason_code } = await rig.ledger.findPurchase(id);
      return reason_code === null ? status : `${status} (${reason_code})`;
    },
  };
}
async function falsePurchase(workflowId: string): Promise<object> {
  const purchase = await rig.ledger.findPurchase(workflowId.replace('purchase/', ''));
  return { purchase: { ...purchaseProgress(purchase), status: 'expired' } };
}
function campaignOf(id: string): Begun {
  return {
    workflowId: campaignWorkflowId(id),
    ledgerSays: async () => (await rig.ledger.findCampaign(id)).status,
  };
}
/** As the API does it. */
async function resume(id: string): Promise<void> {
  const request = { key: newKey('resume'), campaign_id: id, action: 'resume', at: present() } as const;
  await campaigns.wake((await rig.ledger.actOnCampaign(request)).value);
}

/** Begins one, and waits until its process has worked on it. */
async function begin(kind: Kind): Promise<Begun> {
  const begun = await kind.begin();
  await until(() => handle(begun.workflowId).query(kind.query), 'a process that works');
  expect(await begun.ledgerSays()).toBe(kind.open);
  return begun;
}
/** Waits until visibility tells of what happened to the workflow, for that is what reconcile asks. */
async function untilListed(workflowId: string, status: string): Promise<void> {
  const count = async (is: string) =>
    (await rig.client.workflow.count(`WorkflowId = "${workflowId}" AND ExecutionStatus = "${is}"`)).count;
  await until(async () => (await count(status)) > 0 && (await count('Running')) === 0, `${status} in lists`);
}
/** Resets as an operator does: to the completion of the first task, after which everything happens again. */
async function reset(workflowId: string, runId?: string): Promise<void> {
  const { events = [] } = await handle(workflowId, runId).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  await rig.client.workflowService.resetWorkflowExecution({
    namespace: rig.client.options.namespace,
    workflowExecution: { workflowId, runId: runId ?? '' },
    reason: 'an operator tries it out',
    workflowTaskFinishEventId: first ?? null,
    requestId: randomUUID(),
  });
}

async function terminated(_name: string, { workflowId }: Begun): Promise<void> {
  await handle(workflowId).terminate('an operator slipped');
  await untilListed(workflowId, 'Terminated');
}
async function completedByMistake(name: string, { workflowId }: Begun): Promise<void> {
  await handle(workflowId).terminate('to make room');
  const input = await KINDS[name]?.falseInput?.(workflowId);
  const options = { taskQueue: TASK_QUEUE, workflowId };
  // Where its type asks the ledger first, another workflow under its id completes at once.
  if (input === undefined) await rig.client.workflow.execute('expiry', options);
  else await rig.client.workflow.execute(name.replace(/ .*/, ''), { ...options, args: [input] });
  await untilListed(workflowId, 'Completed');
}

describe('a run of a schedule', () => {
  test.each([...Object.values(SCHEDULES), SETTLEMENT_SCHEDULE])(
    'of %s that was terminated, or whose cancellation was requested, is followed by the next one',
    async (schedule) => {
      // Nobody works yet, so that a run lasts.
      const terminated = await trigger(schedule);
      await handle(terminated.workflowId).terminate('an operator slipped');
      const canceled = await trigger(schedule);
      await handle(canceled.workflowId).cancel();
      const worker = await rig.startWorker();
      await expect.poll(() => statusOf(canceled.workflowId), PATIENCE).toMatch(/^(CANCELLED|COMPLETED)$/);
      const next = await trigger(schedule);
      await handle(next.workflowId).result();
      // Reset, it does once more what is due.
      await reset(next.workflowId, next.firstExecutionRunId);
      await handle(next.workflowId).result();
      await worker.stop();
    },
  );
});

describe('one worker', () => {
  beforeAll(async () => void (await rig.startWorker({ payments })));

  describe.each([
    ['was terminated', terminated],
    ['completed by mistake', completedByMistake],
  ])('a process that %s', (_what, happens) => {
    const all = new Map<string, Begun>();
    beforeAll(async () => {
      for (const [name, kind] of Object.entries(KINDS)) all.set(name, await begin(kind));
      await reconcile();
      for (const [name, begun] of all) await happens(name, begun);
      for (let runs = 0; runs < MOST_RUNS; runs += 1) await reconcile();
    }, 240_000);

    test.each(Object.entries(KINDS))(
      'is started again within two runs of reconcile: %s',
      async (name, kind) => {
        const { workflowId, ledgerSays } = all.get(name) as Begun;
        expect(await statusOf(workflowId)).toBe('RUNNING');
        // A gift's process begins with its deadline, and answers nothing before.
        if (name !== 'gift')
          await expect.poll(() => handle(workflowId).query(kind.query), PATIENCE).toBeTruthy();
        expect(await ledgerSays()).toBe(kind.open);
        rig.replayLater(workflowId);
      },
    );
  });

  describe.each(Object.entries(KINDS))('the process of: %s', (_name, kind) => {
    let begun: Begun;
    beforeAll(async () => {
      begun = await begin(kind);
    });

    test('says in its current details how it stands, what comes next and what can be done', async () => {
      const details = await detailsOf(begun.workflowId);
      expect(details).toMatch(/Updates to send, by More Actions:\n\n- `\w+`/);
      const { definition } = (await handle(begun.workflowId).query('__temporal_workflow_metadata')) as {
        definition: { updateDefinitions: { name: string; description: string }[] };
      };
      const [, updates = ''] = details.split('Updates to send');
      const offered = [...updates.matchAll(/^- `(\w+)`/gm)].map(([, name]) => name);
      const described = definition.updateDefinitions.filter(({ description }) => description !== '');
      expect(described.map(({ name }) => name)).toEqual(expect.arrayContaining(offered));
    });

    test('that is reset to its first task stands as the ledger has it', async () => {
      const run = await runOf(begun.workflowId);
      await reset(begun.workflowId);
      expect(await runOf(begun.workflowId)).not.toBe(run);
      await expect.poll(() => handle(begun.workflowId).query(kind.query), PATIENCE).toBeTruthy();
      expect(await statusOf(begun.workflowId)).toBe('RUNNING');
      expect(await begun.ledgerSays()).toBe(kind.open);
      rig.replayLater(begun.workflowId);
    });

    test.runIf(kind.canceled !== undefined)('takes a request to cancel as the action', async () => {
      const begun = await begin(kind);
      await handle(begun.workflowId).cancel();
      await expect.poll(begun.ledgerSays, PATIENCE).toBe(kind.canceled);
      await expect.poll(() => statusOf(begun.workflowId), PATIENCE).toBe('COMPLETED');
      rig.replayLater(begun.workflowId);
      // Reset after that, it finds that it has ended.
      await reset(begun.workflowId);
      await expect.poll(() => statusOf(begun.workflowId), PATIENCE).toBe('COMPLETED');
      expect(await begun.ledgerSays()).toBe(kind.canceled);
    });

    test.runIf(kind.canceled === undefined)(
      'refuses a request to cancel, shows that, and hears the next',
      async () => {
        const begun = await begin(kind);
        for (let requests = 0; requests < 2; requests += 1) {
          const run = await runOf(begun.workflowId);
          await handle(begun.workflowId).cancel();
          await expect.poll(() => runOf(begun.workflowId), PATIENCE).not.toBe(run);
          expect(await statusOf(begun.workflowId)).toBe('RUNNING');
          expect(await detailsOf(begun.workflowId)).toMatch(
            /\*\*A request to cancel was refused\*\* at 20.* UTC: \w+/,
          );
          // No banner: the request stands in the run before.
          const { events } = await handle(begun.workflowId).fetchHistory();
          expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes)).toBe(false);
        }
        expect(await begun.ledgerSays()).toBe(kind.open);
        rig.replayLater(begun.workflowId);
      },
    );
  });

  test('a canceled campaign that is resumed has a process again, and a reset of the canceled run cancels it no more', async () => {
    const { workflowId, ledgerSays } = await begin(kindOf('the complimentary campaign'));
    const canceled = await runOf(workflowId);
    await handle(workflowId).cancel();
    await expect.poll(() => statusOf(workflowId), PATIENCE).toBe('COMPLETED');
    expect(await ledgerSays()).toBe('canceled');
    expect(await detailsOf(workflowId)).toContain('`boon campaign resume complimentary-reset`');
    await resume(COMPLIMENTARY_CAMPAIGN);
    await expect.poll(ledgerSays, PATIENCE).toBe('ongoing');
    expect(await statusOf(workflowId)).toBe('RUNNING');
    await reset(workflowId, canceled);
    await expect.poll(async () => (await detailsOf(workflowId)).includes('**ongoing**'), PATIENCE).toBe(true);
    expect(await statusOf(workflowId)).toBe('RUNNING');
    expect(await ledgerSays()).toBe('ongoing');
  });

  test('a campaign that a signal paused and the API resumed is not paused again by a reset', async () => {
    const { workflowId, ledgerSays } = await begin(kindOf('the complimentary campaign'));
    await handle(workflowId).signal('pause', { reason: 'wrong plans' });
    await expect.poll(ledgerSays, PATIENCE).toBe('paused');
    await resume(COMPLIMENTARY_CAMPAIGN);
    await expect.poll(ledgerSays, PATIENCE).toBe('ongoing');
    await reset(workflowId);
    await expect.poll(async () => (await detailsOf(workflowId)).includes('**ongoing**'), PATIENCE).toBe(true);
    expect(await ledgerSays()).toBe('ongoing');
    rig.replayLater(workflowId);
  });

  test('a referral whose reward is due refuses to be canceled, and is rewarded', async () => {
    const { value } = await rig.ledger.invite(inviteRequest(await person(), { at: anHourAgo() }));
    await referrals.process.start(value);
    const friend = `friend-of-${value.id}`;
    await newFriend(rig.ledger, friend, anHourAgo());
    await joinBy(rig.ledger, value, friend, anHourAgo());
    for (let sent = 0; sent < 3; sent += 1) await prompt(rig.ledger, friend, anHourAgo());
    // Its process knows nothing of it.
    const workflowId = referralWorkflowId(value.id);
    const run = await runOf(workflowId);
    await handle(workflowId).cancel();
    await referrals.until(value, 'rewarded');
    expect(await runOf(workflowId)).not.toBe(run);
    expect(await detailsOf(workflowId)).toMatch(/A request to cancel was refused\*\* at/);
    rig.replayLater(workflowId);
  });

  test('updates that the cards offer do what they say', async () => {
    const purchase = await begin(kindOf('purchase'));
    expect(await handle(purchase.workflowId).executeUpdate('refresh')).toMatchObject({ status: 'open' });
    const why = { reason: 'double click', by: 'mia' };
    expect(await handle(purchase.workflowId).executeUpdate('cancel', { args: [why] })).toMatchObject({
      status: 'expired',
      reason_code: 'canceled',
    });
    const topUp = await begin(kindOf('purchase by a stored card'));
    await expect(handle(topUp.workflowId).executeUpdate('cancel')).rejects.toMatchObject({
      cause: { type: 'payment_pending' },
    });
    expect(await handle(topUp.workflowId).executeUpdate('refresh')).toMatchObject({ status: 'open' });
    const refund = await begin(kindOf('refund'));
    expect(await handle(refund.workflowId).executeUpdate('ask')).toMatchObject({ status: 'pending' });
    expect(await handle(refund.workflowId).executeUpdate('refresh')).toMatchObject({ status: 'pending' });
    const month = await begin(kindOf('billingCycle'));
    expect(await handle(month.workflowId).executeUpdate('refresh')).toMatchObject({
      stage: 'waiting',
      standing: { charged: '3', invoice: null },
    });
    expect(await detailsOf(month.workflowId)).toContain('Charged so far: **3 credits**');
    rig.replayLater(purchase.workflowId, topUp.workflowId, refund.workflowId, month.workflowId);
  });

  test.each(queriesOf('finding-stuck.md'))(
    'a query of docs/finding-stuck.md is answered: %s',
    async (query) => {
      const { count } = await rig.client.workflow.count(query);
      expect(count).toBeGreaterThanOrEqual(0);
    },
  );

  test('the queries of docs/finding-stuck.md find what they are for', async () => {
    const since = anHourAgo();
    const found = async (part: string) => {
      const query = queriesOf('finding-stuck.md').find((one) => one.includes(part)) ?? '';
      const { count } = await rig.client.workflow.count(query.replace(/"20[^"]*"/, `"${since}"`));
      return count;
    };
    const refund = await begin(kindOf('refund'));
    await terminated('refund', refund);
    expect(
      await found('ExecutionStatus IN ("Terminated", "Failed", "TimedOut", "Canceled")'),
    ).toBeGreaterThan(0);
    expect(await found('WorkflowType="refund" AND ExecutionStatus IN')).toBeGreaterThan(0);
    const campaign = await begin(kindOf('campaign'));
    await expect.poll(() => found('BoonStatus="paused"'), PATIENCE).toBeGreaterThan(0);
    await handle(campaign.workflowId).cancel();
  });
});
