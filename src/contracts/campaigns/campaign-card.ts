/** What an operator reads of a campaign in the Temporal Web UI: one line, and a card in Markdown. */
import type { CampaignAction } from '../../domain/campaign.ts';
import { updateLines } from '../refused-request.ts';
import { summaryOf } from '../summary.ts';
import type { Campaign, CampaignProgress } from './campaign.ts';

/** One line, such as `1 reset each for plus, pro`. Without the reason: Temporal stores this line in clear. */
export function campaignSummary(campaign: Campaign): string {
  const { plans, cohorts } = campaign.filter;
  const whom = [plans?.join(', '), cohorts && `cohort ${cohorts.join(', ')}`].filter((part) => part != null);
  return summaryOf(`${whatOf(campaign)} for ${whom.length > 0 ? whom.join(' in ') : 'everybody'}`);
}

function whatOf({ kind, resets, amount }: Campaign): string {
  if (kind === 'grant_credits') return `${amount} credits each`;
  if (kind === 'grant_reset') return `${resets} ${resets === 1 ? 'reset' : 'resets'} each`;
  return 'Usage windows restored';
}

/** The card of a campaign: how far it is, what happened to the accounts, and what an operator can do. */
export function campaignDetails(progress: CampaignProgress): string {
  const { status, granted, excluded } = progress;
  const reasons = Object.entries(excluded).map(([reason, accounts]) => `- \`${reason}\` ${shown(accounts)}`);
  return [
    `**${status}** ${progressLine(progress)}`,
    `Granted: ${shown(granted)}. Excluded: ${shown(sum(excluded))}.`,
    ...(reasons.length > 0 ? [reasons.join('\n')] : []),
    nextStep(progress),
    ...updateLines(UPDATES[status].map((update) => `\`${update}\` \`{"reason":"why","by":"your name"}\``)),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

function nextStep({ id, status }: CampaignProgress): string {
  switch (status) {
    case 'running':
      return 'Goes on by itself, page by page.';
    case 'paused':
      return 'Waits until somebody resumes or cancels it.';
    case 'ongoing':
      return 'Has gone through everybody; accounts that come, or become eligible, are granted as they do.';
    case 'completed':
      return 'Nothing is left to do.';
    case 'canceled':
      return `What was granted stays. \`boon campaign resume ${id}\` has it go on behind its last page.`;
  }
}

const UPDATES: Record<CampaignProgress['status'], CampaignAction[]> = {
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  ongoing: ['pause', 'cancel'],
  completed: [],
  canceled: [],
};

const BAR = 20;

/** `████████████░░░░░░░░ 62 % 625,000 of 1,000,000 accounts`; the percentage is whole only when all is done. */
export function progressLine({ matched, remaining }: CampaignProgress): string {
  if (matched === null || remaining === null) return 'counting the accounts';
  const done = matched - remaining;
  const part = matched === 0 ? 1 : done / matched;
  const full = Math.floor(part * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(part * 100)} % ${shown(done)} of ${shown(matched)} accounts`;
}

function sum(excluded: CampaignProgress['excluded']): number {
  return Object.values(excluded).reduce((total, accounts) => total + accounts, 0);
}

function shown(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
