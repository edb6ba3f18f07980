/** One campaign's process: what it knows of the campaign, and what it has the ledger do. */
import {
  allHandlersFinished,
  condition,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { CampaignActivities } from '../../activities/campaigns/campaigns.ts';
import type { CampaignActionRequest, CampaignProgress } from '../../contracts/campaigns/campaign.ts';
import { campaignDetails, progressLine } from '../../contracts/campaigns/campaign-card.ts';
import { summaryOf } from '../../contracts/summary.ts';
import { now } from '../now.ts';
import { showSearchAttributes } from '../search-attributes.ts';

const ledger = proxyActivities<CampaignActivities>({
  startToCloseTimeout: '10 minutes',
  // How long a campaign stalls after its worker is killed.
  heartbeatTimeout: '10 seconds',
  // A page is done or not, so an attempt that was cut short is simply followed by another.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** How long an idle campaign goes without reading the ledger, whose signal may have been missed. */
const LOOK_EVERY = '1 day';

export class OpenCampaign {
  readonly #id: string;
  #progress: CampaignProgress | undefined;
  /** Counts signals from outside, so that none that arrives while the ledger is being read is missed. */
  #heard = 0;
  #proven = false;

  constructor(id: string) {
    this.#id = id;
  }

  /** What the process knows; null until it has looked at the ledger. */
  get progress(): CampaignProgress | null {
    return this.#progress ?? null;
  }

  get status(): CampaignProgress['status'] | undefined {
    return this.#progress?.status;
  }

  get hasEnded(): boolean {
    return this.status === 'completed' || this.status === 'canceled';
  }

  /** What the workflow ends with. */
  get result(): CampaignProgress {
    if (this.#progress === undefined) throw new Error('The ledger was not looked at yet');
    return this.#progress;
  }

  /** Somebody says that the ledger's campaign has changed. */
  hear(): void {
    this.#heard += 1;
  }

  /** Looks at the ledger. */
  async look(): Promise<void> {
    this.#become(await ledger.findCampaign.executeWithOptions({ summary: 'Read the campaign' }, [this.#id]));
  }

  /** Has the ledger do the next pages; of a campaign that was paused or canceled meanwhile, none. */
  async runPages(): Promise<void> {
    const summary = this.#progress === undefined ? 'Pages' : progressLine(this.#progress);
    this.#become(await ledger.runCampaignPages.executeWithOptions({ summary }, [this.#id, now()]));
  }

  /** Has the ledger pause, resume or cancel. Rejects with the activity's failure. */
  async act(action: Omit<CampaignActionRequest, 'campaign_id' | 'at'>): Promise<CampaignProgress> {
    const summary = summaryOf(action.by === undefined ? action.action : `${action.action} by ${action.by}`);
    const request = { ...action, campaign_id: this.#id, at: now() };
    const progress = await ledger.actOnCampaign.executeWithOptions({ summary }, [request]);
    this.#become(progress);
    this.hear();
    return progress;
  }

  /** Whether it has gone through everybody and its account has not been looked at since. */
  get isToBeProven(): boolean {
    return !this.#proven && (this.status === 'completed' || this.status === 'ongoing');
  }

  /** Proves that each account was granted or excluded, once. Rejects when it is not so. */
  async prove(): Promise<void> {
    const summary = 'Each account granted or excluded?';
    const progress = await ledger.reconcileCampaign.executeWithOptions({ summary }, [this.#id]);
    this.#proven = true;
    this.#become(progress);
  }

  /** Waits while the campaign has nothing to do: it is paused, or has gone through everybody. */
  async untilItChanges(): Promise<void> {
    const heard = this.#heard;
    const before = this.status;
    await this.look();
    if (this.status !== before) return;
    const woken = () => this.#heard !== heard || workflowInfo().continueAsNewSuggested;
    await condition(woken, LOOK_EVERY, { summary: `${before}: until somebody acts` });
    await condition(allHandlersFinished);
  }

  #become(progress: CampaignProgress): void {
    this.#progress = progress;
    if (progress.status === 'running') this.#proven = false;
    setCurrentDetails(campaignDetails(progress));
    // One at a time: histories of earlier versions have a change of each.
    showSearchAttributes({ program: 'campaign' });
    const status = progress.status === 'running' || progress.status === 'completed' ? null : progress.status;
    showSearchAttributes({ status });
  }
}
