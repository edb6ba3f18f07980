/** The signals, updates and query of `campaign`, typed: for workflow code and for TypeScript backends that use a Temporal client. */

import { defineQuery, defineSignal, defineUpdate } from '../message-definitions.ts';
import {
  CAMPAIGN_PROGRESS_QUERY,
  CAMPAIGN_SIGNALS,
  type CampaignProgress,
  type OperateCampaign,
} from './campaign.ts';

export const pauseCampaignSignal = defineSignal<[OperateCampaign?]>(CAMPAIGN_SIGNALS.pause);
export const resumeCampaignSignal = defineSignal<[OperateCampaign?]>(CAMPAIGN_SIGNALS.resume);
export const cancelCampaignSignal = defineSignal<[OperateCampaign?]>(CAMPAIGN_SIGNALS.cancel);
/** Has the process look at the ledger again, where the API has paused or resumed the campaign. */
export const refreshCampaignSignal = defineSignal(CAMPAIGN_SIGNALS.refresh);

/** The same as the signals, with an answer: how the campaign stands then, or the refusal. */
export const pauseCampaignUpdate = defineUpdate<CampaignProgress, [OperateCampaign]>(CAMPAIGN_SIGNALS.pause);
export const resumeCampaignUpdate = defineUpdate<CampaignProgress, [OperateCampaign]>(
  CAMPAIGN_SIGNALS.resume,
);
export const cancelCampaignUpdate = defineUpdate<CampaignProgress, [OperateCampaign]>(
  CAMPAIGN_SIGNALS.cancel,
);

/** What the process knows; null until it has looked at the ledger. */
export const campaignProgressQuery = defineQuery<CampaignProgress | null>(CAMPAIGN_PROGRESS_QUERY);
