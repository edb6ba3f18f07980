/** What a program offers and requires, in the terms and shapes of Codex clients. */
import type { InviteEligibility, InviteGrant } from '../../contracts/codex/codex-invite.schema.ts';
import type { RewardWindow } from '../../contracts/referrals/referral.ts';
import type { Reward } from '../../domain/policy.ts';
import type { Eligibility } from '../../ledger/referrals/eligibility.ts';
import type { ProgramTerms } from '../../ledger/referrals/program-terms.ts';

type Offer = Pick<InviteEligibility, 'offer_id' | 'title' | 'description' | 'grants' | 'rules'>;

/** The offer of a program, as the client shows it. */
export function viewOffer(terms: ProgramTerms): Offer {
  const { referrer, friend } = terms.rewards;
  const grants = [...grantsOf('referrer', referrer), ...grantsOf('recipient', friend)];
  const [first] = grants;
  return {
    offer_id: first === undefined ? 'none' : `${first.grant_type}_${first.amount}`,
    title: 'Invite a friend',
    description: [
      referrer === null ? '' : `You get ${inWords(referrer)} for each friend who counts.`,
      friend === null ? '' : `Your friend gets ${inWords(friend)}.`,
    ]
      .join(' ')
      .trim(),
    grants,
    rules: [
      `Your friend must be new, or have been away for more than ${daysOf(terms.dormancy)}.`,
      `Your friend must use the link and send ${count(terms.prompts, 'message')}; signing in alone does not count.`,
      `At most ${count(terms.monthly_cap, 'reward')} in one of your billing months.`,
    ],
  };
}

/** How much of each capacity is used: of invitations by month, or in all where the program has an end. */
export function timeFrames(
  terms: ProgramTerms,
  eligibility: Eligibility,
  window: RewardWindow,
): InviteEligibility['time_frame_rules'] {
  return [
    {
      type: 'user',
      capacity_type: 'send',
      time_frame: terms.closes_at === null ? 'month' : 'program',
      invites_sent: terms.invites - eligibility.remaining_invites,
      invites_total: terms.invites,
    },
    {
      type: 'user',
      capacity_type: 'reward',
      time_frame: 'month',
      invites_sent: window.claimed.length,
      invites_total: window.cap,
    },
  ];
}

/** Clients know whole amounts: of credits the whole ones, and beside them exactly how many. */
function grantsOf(recipient: InviteGrant['recipient'], reward: Reward | null): InviteGrant[] {
  if (reward === null) return [];
  const { resets, credits } = reward;
  return [
    ...(resets === 0 ? [] : [{ recipient, grant_type: 'rate_limit_reset' as const, amount: resets }]),
    ...(credits === '0'
      ? []
      : [
          {
            recipient,
            grant_type: 'personal_credits' as const,
            amount: Math.floor(Number(credits)),
            credits,
          },
        ]),
  ];
}

function inWords({ resets, credits }: Reward): string {
  const parts = [
    ...(resets === 0 ? [] : [count(resets, 'reset')]),
    ...(credits === '0' ? [] : [`${credits} credits`]),
  ];
  return parts.join(' and ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `P62D` as `62 days`; other durations as the policy spells them. */
function daysOf(duration: string): string {
  const days = /^P(\d+)D$/.exec(duration)?.[1];
  return days === undefined ? duration : count(Number(days), 'day');
}
