/** The branches of the workflow `campaign`, for `record-histories.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { CAMPAIGN_WORKFLOW, campaignWorkflowId } from '../src/contracts/campaigns/campaign.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import type { CampaignStatus } from '../src/domain/campaign.ts';
import type { CampaignRequest } from '../src/ledger/campaigns/campaigns.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { createCampaignProcess } from '../src/temporal/campaigns/campaign-process.ts';

type Parts = { client: Client; ledger: Ledger };
type Recording = { name: string; workflowId: string; runId?: string };

/** What happens to the campaign, and under which name its history is kept. */
export const CAMPAIGN_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'campaign-completed': async (parts, id) => {
    await begin(parts, id);
    return await closed(parts, id);
  },
  'campaign-of-credits': async (parts, id) => {
    await begin(parts, id, { kind: 'grant_credits', amount: '5', valid_for: 'P30D', ongoing: false });
    return await closed(parts, id);
  },
  'campaign-of-windows': async (parts, id) => {
    await begin(parts, id, { kind: 'reset_windows' });
    return await closed(parts, id);
  },
  'campaign-paused-and-resumed': async (parts, id) => {
    await begin(parts, id, { ongoing: true });
    await until(parts, id, 'ongoing');
    const handle = parts.client.workflow.getHandle(campaignWorkflowId(id));
    await handle.signal('pause', { reason: 'wrong plans', by: 'mia' });
    await until(parts, id, 'paused');
    await handle.signal('resume');
    await until(parts, id, 'ongoing');
    await handle.executeUpdate('cancel', { args: [{ reason: 'enough' }] });
    await handle.executeUpdate('resume', { args: [{}] }).catch(() => undefined);
    return await closed(parts, id);
  },
  'campaign-cancellation-requested': async (parts, id) => {
    await begin(parts, id, { ongoing: true });
    await until(parts, id, 'ongoing');
    await parts.client.workflow.getHandle(campaignWorkflowId(id)).cancel();
    return await closed(parts, id);
  },
  'campaign-not-found': async (parts, id) => {
    await parts.client.workflow.start(CAMPAIGN_WORKFLOW, {
      workflowId: campaignWorkflowId(id),
      taskQueue: TASK_QUEUE,
      args: [],
    });
    return await closed(parts, id);
  },
  'campaign-continued': async (parts, id) => {
    await begin(parts, id, { ongoing: true });
    const handle = parts.client.workflow.getHandle(campaignWorkflowId(id));
    for (let times = 0; times < 4; times += 1) {
      await until(parts, id, 'ongoing');
      await handle.signal('pause', { reason: `number ${times}` });
      await until(parts, id, 'paused');
      await handle.signal('resume');
    }
    await until(parts, id, 'ongoing');
    await handle.signal('cancel');
    const [first] = await closed(parts, id);
    return [
      { ...first, name: 'campaign-continued-first-run' },
      { name: 'campaign-continued-last-run', workflowId: campaignWorkflowId(id) },
    ] as Recording[];
  },
};

async function begin({ client, ledger }: Parts, id: string, more: object = {}): Promise<void> {
  const request = {
    id,
    key: `campaign:${id}`,
    at: new Date().toISOString(),
    kind: 'grant_reset',
    reason: 'test',
  };
  const { value } = await ledger.createCampaign({ ...request, ...more } as CampaignRequest);
  await createCampaignProcess({ client, taskQueue: TASK_QUEUE }).wake(value);
}

async function until({ ledger }: Parts, id: string, status: CampaignStatus): Promise<void> {
  while ((await ledger.findCampaign(id)).status !== status) await sleep(50);
}

/** Waits for its end; of one that went on in a new run, the first run is the one to keep. */
async function closed({ client }: Parts, id: string): Promise<Recording[]> {
  const workflowId = campaignWorkflowId(id);
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const runId = raw.workflowExecutionInfo?.firstRunId;
  while ((await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING') await sleep(50);
  return [{ name: id, workflowId, ...(runId == null ? {} : { runId }) }];
}
