/**
 * Campaigns as seen from outside, and the `campaign` workflow: its id, input, messages and result. Plain JSON;
 * amounts are decimal strings of credits, times RFC 3339 UTC.
 */
import type { CampaignAction, CampaignKind, CampaignStatus, Exclusion } from '../../domain/campaign.ts';
import type { Credits } from '../../domain/credits.ts';
import type { CampaignId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { LotSource } from '../../domain/lot.ts';

export const CAMPAIGN_WORKFLOW = 'campaign';

/** The workflow id of a campaign: `campaign/<id>`. */
export function campaignWorkflowId(campaignId: CampaignId): string {
  return `campaign/${campaignId}`;
}

/** The campaign of a workflow id, or `undefined` when it is not a campaign's. */
export function campaignIdOf(workflowId: string): string | undefined {
  return /^campaign\/([A-Za-z0-9_-]{1,64})$/.exec(workflowId)?.[1];
}

/** A campaign as the ledger tells it. What belongs to another kind is null. */
export type Campaign = {
  id: CampaignId;
  kind: CampaignKind;
  status: CampaignStatus;
  /** Whose accounts; what is left out is everybody. */
  filter: { plans?: string[]; cohorts?: string[] };
  /** grant_reset: how many each. */
  resets: number | null;
  /** grant_credits: how much each, and as what. */
  amount: Credits | null;
  source: LotSource | null;
  expires_at: Instant | null;
  valid_for: string | null;
  giftable: boolean | null;
  ongoing: boolean;
  reason: string;
  created_by: string | null;
  policy_version: string;
  created_at: Instant;
  ended_at: Instant | null;
  /**
   * Accounts that it covers: those that the ledger knew when it began, and of an ongoing one those that came later.
   * Each ends up granted or excluded. Null until the first page has counted them.
   */
  matched: number | null;
  granted: number;
  excluded: Partial<Record<Exclusion, number>>;
  /** Accounts that it has not reached yet; null until they are counted. */
  remaining: number | null;
};

/** The part of a campaign that changes: what the process knows of it, and the answer of the query `progress`. */
export type CampaignProgress = Pick<
  Campaign,
  'id' | 'kind' | 'status' | 'matched' | 'granted' | 'excluded' | 'remaining'
>;

/** What the process knows of a campaign. */
export function progressOf(campaign: Campaign): CampaignProgress {
  const { id, kind, status, matched, granted, excluded, remaining } = campaign;
  return { id, kind, status, matched, granted, excluded, remaining };
}

/** Pausing, resuming or canceling, as the ledger takes it. `key` is the business key of the write. */
export type CampaignActionRequest = {
  key: string;
  campaign_id: CampaignId;
  action: CampaignAction;
  at: Instant;
  reason?: string | undefined;
  by?: string | undefined;
};

/** The workflow ends with how the campaign ended: `completed` or `canceled`, and its counts. */
export type CampaignWorkflow = () => Promise<CampaignProgress>;

/** What a signal or update carries: who, and why. */
export type OperateCampaign = { reason?: string; by?: string };

/** Names of the signals; `pause`, `resume` and `cancel` are updates too, which answer the progress or a refusal. */
export const CAMPAIGN_SIGNALS = {
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  refresh: 'refresh',
} as const;
export const CAMPAIGN_PROGRESS_QUERY = 'progress';
