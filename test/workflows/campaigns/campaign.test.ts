import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CAMPAIGN_WORKFLOW,
  type Campaign,
  type CampaignProgress,
  campaignWorkflowId,
} from '../../../src/contracts/campaigns/campaign.ts';
import {
  campaignProgressQuery,
  cancelCampaignUpdate,
  pauseCampaignSignal,
  pauseCampaignUpdate,
  resumeCampaignSignal,
  resumeCampaignUpdate,
} from '../../../src/contracts/campaigns/campaign-messages.ts';
import { SCHEDULES, TASK_QUEUE } from '../../../src/contracts/temporal.ts';
import { COMPLIMENTARY_CAMPAIGN } from '../../../src/domain/campaign.ts';
import { createCampaignProcess } from '../../../src/temporal/campaigns/campaign-process.ts';
import { keepComplimentaryResets } from '../../../src/temporal/campaigns/complimentary-resets.ts';
import { createCampaign, fillAccounts } from '../../support/campaigns.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { devNamespace } from '../../support/temporal-server.ts';
import { newKey, seedAccount } from '../../support/test-ledger.ts';

const ACCOUNTS = 300;
/** So that a campaign lasts long enough to be paused: 50 pages are a call. */
const PAGE = 2;

let rig: GiftRig;
let process: ReturnType<typeof createCampaignProcess>;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { worker: { campaignPageSize: PAGE } });
  await fillAccounts(rig.own, ACCOUNTS);
  process = createCampaignProcess({ client: rig.client, taskQueue: TASK_QUEUE });
});
afterAll(() => rig.close());

async function begin(more: object = {}): Promise<Campaign> {
  const campaign = await createCampaign(rig.ledger, { at: await rig.now(), ...more });
  await process.wake(campaign);
  rig.replayLater(campaignWorkflowId(campaign.id));
  return campaign;
}
const handleOf = ({ id }: { id: string }) => rig.client.workflow.getHandle(campaignWorkflowId(id));
async function until(id: string, holds: (campaign: Campaign) => boolean): Promise<Campaign> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const campaign = await rig.ledger.findCampaign(id);
    if (holds(campaign)) return campaign;
    await pause(20);
  }
  throw new Error(`It did not come to that: ${JSON.stringify(await rig.ledger.findCampaign(id))}`);
}
const part = (campaign: Campaign) => campaign.granted > 0 && campaign.status === 'running';

test('a campaign runs to its end, and its workflow ends with the counts, proved', async () => {
  const campaign = await begin({ filter: { plans: ['plus'] } });
  expect(await handleOf(campaign).result()).toMatchObject({
    status: 'completed',
    matched: ACCOUNTS,
    granted: 270,
    excluded: { plan: 30 },
    remaining: 0,
  });
  expect(await rig.ledger.campaignFaults(campaign.id)).toEqual([]);
  const { memo: _memo, typedSearchAttributes } = await handleOf(campaign).describe();
  expect(typedSearchAttributes.getAll()).toContainEqual(
    expect.objectContaining({ key: expect.objectContaining({ name: 'BoonProgram' }), value: 'campaign' }),
  );
});

describe('through Temporal', () => {
  test('a signal pauses it at once, another has it go on; the query says how far it is', async () => {
    const campaign = await begin();
    await until(campaign.id, part);
    await handleOf(campaign).signal(pauseCampaignSignal, { reason: 'wrong plans', by: 'mia' });
    const paused = await until(campaign.id, ({ status }) => status === 'paused');
    expect(paused.remaining).toBeGreaterThan(0);
    await pause(300);
    expect((await rig.ledger.findCampaign(campaign.id)).granted).toBe(paused.granted);
    const known = (await handleOf(campaign).query(campaignProgressQuery)) as CampaignProgress;
    expect(known).toMatchObject({ status: 'paused', granted: paused.granted, remaining: paused.remaining });
    await handleOf(campaign).signal(resumeCampaignSignal);
    expect(await handleOf(campaign).result()).toMatchObject({ status: 'completed', granted: ACCOUNTS });
    const told = await rig.own.sql(
      `SELECT type, data ->> 'reason' AS reason, data ->> 'by' AS by FROM boon.events WHERE subject = $1 AND type <> 'campaign.created' ORDER BY seq`,
      [campaign.id],
    );
    expect(told).toEqual([
      { type: 'campaign.paused', reason: 'wrong plans', by: 'mia' },
      { type: 'campaign.resumed', reason: null, by: 'an operator through Temporal' },
      { type: 'campaign.completed', reason: null, by: null },
    ]);
  });

  test('updates answer how it stands, and refuse what does not fit', async () => {
    const campaign = await begin();
    await until(campaign.id, part);
    const handle = handleOf(campaign);
    expect(await handle.executeUpdate(pauseCampaignUpdate, { args: [{}] })).toMatchObject({
      status: 'paused',
    });
    await expect(handle.executeUpdate('resume', { args: [{ why: 'no such field' }] })).rejects.toMatchObject({
      cause: { type: 'validation_failed' },
    });
    expect(await handle.executeUpdate(resumeCampaignUpdate, { args: [{}] })).toMatchObject({
      status: 'running',
    });
    expect(await handle.executeUpdate(pauseCampaignUpdate, { args: [{}] })).toMatchObject({
      status: 'paused',
    });
    expect(await handle.executeUpdate(cancelCampaignUpdate, { args: [{}] })).toMatchObject({
      status: 'canceled',
    });
    expect(await handle.result()).toMatchObject({ status: 'canceled' });
  });

  test('a cancellation requested of the workflow cancels the campaign', async () => {
    const campaign = await begin();
    await until(campaign.id, part);
    await handleOf(campaign).cancel();
    expect(await handleOf(campaign).result()).toMatchObject({ status: 'canceled' });
    const { granted, remaining } = await rig.ledger.findCampaign(campaign.id);
    expect(granted + Number(remaining)).toBe(ACCOUNTS);
  });

  test('signals that make no sense do no harm', async () => {
    const campaign = await begin();
    for (const nonsense of [null, 5, 'text', { reason: 7 }, []]) {
      await handleOf(campaign).signal('resume', nonsense);
    }
    expect(await handleOf(campaign).result()).toMatchObject({ status: 'completed', granted: ACCOUNTS });
  });
});

test('what the API did to it is seen by its process', async () => {
  const campaign = await begin();
  await until(campaign.id, part);
  const act = async (action: 'pause' | 'resume') => {
    const request = { key: newKey(action), campaign_id: campaign.id, action, at: await rig.now() };
    await process.wake((await rig.ledger.actOnCampaign(request)).value);
  };
  await act('pause');
  await pause(200);
  await act('resume');
  expect(await handleOf(campaign).result()).toMatchObject({ status: 'completed', granted: ACCOUNTS });
});

test('somebody else runs pages of the same campaign: each account is granted once', async () => {
  const campaign = await createCampaign(rig.ledger, {
    kind: 'grant_credits',
    amount: '1',
    at: await rig.now(),
  });
  const start = () =>
    rig.client.workflow.execute(CAMPAIGN_WORKFLOW, {
      workflowId: campaignWorkflowId(campaign.id),
      taskQueue: TASK_QUEUE,
      args: [],
    });
  const direct = async () => {
    for (;;) {
      const now = await rig.ledger.runCampaignPage(campaign.id, 5, await rig.now());
      if (now.status !== 'running') return;
    }
  };
  await Promise.all([start(), direct()]);
  expect(await rig.ledger.campaignFaults(campaign.id)).toEqual([]);
});

test('a campaign that does not add up fails loudly', async () => {
  const campaign = await createCampaign(rig.ledger, { at: await rig.now() });
  await rig.ledger.runCampaignPage(campaign.id, 10, await rig.now());
  await rig.own.sql(`UPDATE boon.campaigns SET matched = matched + 1 WHERE id = $1`, [campaign.id]);
  await process.wake(campaign);
  await expect(handleOf(campaign).result()).rejects.toMatchObject({
    cause: { type: 'not_reconciled', message: expect.stringContaining('301 accounts were matched') },
  });
  await rig.own.sql(`UPDATE boon.campaigns SET matched = matched - 1 WHERE id = $1`, [campaign.id]);
});

test('a workflow id that is no campaign’s is refused, and so is a campaign that there is not', async () => {
  const started = (workflowId: string) =>
    rig.client.workflow.execute(CAMPAIGN_WORKFLOW, { workflowId, taskQueue: TASK_QUEUE, args: [] });
  await expect(started('campaign')).rejects.toMatchObject({ cause: { type: 'validation_failed' } });
  await expect(started('campaign/nothing')).rejects.toMatchObject({ cause: { type: 'not_found' } });
});

test('reconcile starts the process of a campaign that the ledger runs and Temporal does not', async () => {
  const campaign = await createCampaign(rig.ledger, { at: await rig.now() });
  const report = () =>
    rig.client.workflow.execute('reconcile', {
      workflowId: `${SCHEDULES.reconcile}-${newKey()}`,
      taskQueue: TASK_QUEUE,
      args: [],
    });
  expect(await report()).toMatchObject({ campaigns_started: 1 });
  expect(await handleOf(campaign).result()).toMatchObject({ status: 'completed' });
  expect(await report()).toMatchObject({ campaigns_started: 0 });
});

test('the complimentary reset goes through everybody, stays open for who comes, and can be paused', async () => {
  const now = await rig.now();
  await keepComplimentaryResets(rig.ledger, process, now);
  await keepComplimentaryResets(rig.ledger, process, now);
  await until(COMPLIMENTARY_CAMPAIGN, ({ status }) => status === 'ongoing');
  await seedAccount(rig.ledger, 'later', { at: now });
  expect(await rig.ledger.campaignAccount(COMPLIMENTARY_CAMPAIGN, 'later')).toMatchObject({
    outcome: 'granted',
  });
  const handle = handleOf({ id: COMPLIMENTARY_CAMPAIGN });
  expect(await handle.executeUpdate(pauseCampaignUpdate, { args: [{}] })).toMatchObject({ status: 'paused' });
  await seedAccount(rig.ledger, 'meanwhile', { at: now });
  expect(await handle.executeUpdate(resumeCampaignUpdate, { args: [{}] })).toMatchObject({
    status: 'running',
  });
  await until(COMPLIMENTARY_CAMPAIGN, ({ status }) => status === 'ongoing');
  expect(await rig.ledger.campaignAccount(COMPLIMENTARY_CAMPAIGN, 'meanwhile')).toMatchObject({
    outcome: 'granted',
  });
  expect(await handle.executeUpdate(cancelCampaignUpdate, { args: [{}] })).toMatchObject({
    status: 'canceled',
  });
  expect(await handle.result()).toMatchObject({ status: 'canceled', matched: ACCOUNTS + 2, granted: 272 });
  rig.replayLater(handle.workflowId);
});
