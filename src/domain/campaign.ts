/** Campaigns: one thing done to many accounts, each of which is granted or excluded with a reason. */

export const CAMPAIGN_KINDS = ['grant_reset', 'grant_credits', 'reset_windows'] as const;
export type CampaignKind = (typeof CAMPAIGN_KINDS)[number];

/** `ongoing`: it has gone through everybody, and covers accounts that come or become eligible later. */
export const CAMPAIGN_STATUSES = ['running', 'paused', 'ongoing', 'completed', 'canceled'] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

export const CAMPAIGN_ACTIONS = ['pause', 'resume', 'cancel'] as const;
export type CampaignAction = (typeof CAMPAIGN_ACTIONS)[number];

/** The campaign that gives each account of the policy's plans its one complimentary reset. */
export const COMPLIMENTARY_CAMPAIGN = 'complimentary-reset';

/** Why an account got nothing, in the order in which the reasons are looked for. */
export const EXCLUSIONS = {
  closed: 'The account is closed.',
  frozen: 'The account was frozen when the campaign reached it.',
  /** Of campaigns that ended under an earlier version. */
  organisation: 'The campaign was for people.',
  plan: 'The campaign is for other plans.',
  cohort: 'The account is in none of the campaign’s cohorts.',
  nothing_to_reset: 'Nothing of the account’s windows was used.',
  too_late: 'The credits would have been expired when the campaign came to the account.',
  full: 'The account has been given as many credits as the ledger counts of one account.',
} as const;
export type Exclusion = keyof typeof EXCLUSIONS;
export const EXCLUSION_REASONS = Object.keys(EXCLUSIONS) as readonly Exclusion[];
