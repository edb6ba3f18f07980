/** Campaigns as their workflow sees them: pages of accounts, each one transaction of the ledger. */
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type Campaign,
  type CampaignActionRequest,
  type CampaignProgress,
  campaignWorkflowId,
  progressOf,
} from '../../contracts/campaigns/campaign.ts';
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import type { Counted } from '../../contracts/stuck-item.ts';
import type { CampaignId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type DutyLedger, duty } from '../duty.ts';
import { failing } from '../failure.ts';
import type { GiftRuns } from '../gifts/gift-starts.ts';
import { heartbeating } from '../heartbeating.ts';
import { scheduledAt } from '../scheduled-at.ts';

export type CampaignActivities = ReturnType<typeof campaignActivities>;

type CampaignLedger = Pick<
  Ledger,
  'runCampaignPage' | 'actOnCampaign' | 'findCampaign' | 'campaignFaults' | 'openCampaigns'
> &
  DutyLedger;
type Dependencies = {
  ledger: CampaignLedger;
  /** Which workflows run, and waking those of campaigns; only `wakeCampaigns` needs them. */
  runs: Pick<GiftRuns, 'running'>;
  process: CampaignProcess;
  pageSize?: number | undefined;
};

/** Accounts in one transaction, which are locked while it lasts: about 50 ms. */
const PAGE = 2_000;
/** Pages of one call: some seconds of work, after which the Web UI shows how far it is. */
const PAGES = 50;

export function campaignActivities({ ledger, runs, process, pageSize = PAGE }: Dependencies) {
  return {
    /**
     * Does the next pages of a campaign that runs; repeated after a crash, it continues after the last page done, as of
     * the new time: a window that was used meanwhile is restored as it is, not as of the first try.
     */
    runCampaignPages: (campaignId: CampaignId, at: Instant): Promise<CampaignProgress> =>
      heartbeating(async () => {
        const signal = cancellationSignal();
        const moment = laterOf(at, scheduledAt());
        for (let page = 1; ; page += 1) {
          const campaign = await failing(() => ledger.runCampaignPage(campaignId, pageSize, moment));
          if (campaign.status !== 'running' || page === PAGES) return progressOf(campaign);
          signal.throwIfAborted();
        }
      }),

    /** Pauses, resumes or cancels. */
    actOnCampaign: (request: CampaignActionRequest): Promise<CampaignProgress> =>
      failing(async () => {
        const { replayed, value } = await ledger.actOnCampaign(request);
        return progressOf(replayed ? await ledger.findCampaign(value.id) : value);
      }),

    findCampaign,

    /** Proves from the rows that each account was granted or excluded, once. @throws `not_reconciled`, final */
    async reconcileCampaign(campaignId: CampaignId): Promise<CampaignProgress> {
      const faults = await heartbeating(() => failing(() => ledger.campaignFaults(campaignId)));
      if (faults.length === 0) return await findCampaign(campaignId);
      throw ApplicationFailure.nonRetryable(
        `The campaign does not add up: ${faults.join('; ')}`,
        'not_reconciled',
      );
    },

    /** Starts the processes of open campaigns that are missing, and has those that should be at work look again. */
    async wakeCampaigns(at: Instant = scheduledAt()): Promise<Counted> {
      let count = 0;
      const campaigns = await duty(ledger, 'campaigns', at, async (run) => {
        const ids = await ledger.openCampaigns();
        if (ids.length === 0) return;
        const running = await runs.running(ids.map(campaignWorkflowId));
        for (const id of ids) {
          const missing = !running.has(campaignWorkflowId(id));
          const woken = await run.try(id, async () => {
            const campaign: Campaign = await ledger.findCampaign(id);
            if (missing || campaign.status === 'running') await process.wake(campaign);
            return missing;
          });
          if (woken === true) count += 1;
          heartbeat(count);
        }
      });
      return { count, duties: { campaigns } };
    },
  };

  function findCampaign(campaignId: CampaignId): Promise<CampaignProgress> {
    return failing(async () => progressOf(await ledger.findCampaign(campaignId)));
  }
}

/** Both as Boon writes instants: in UTC, with milliseconds. */
function laterOf(one: string, other: string): string {
  return one > other ? one : other;
}
