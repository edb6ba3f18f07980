/** What an operator reads of a referral and of a reward window in the Temporal Web UI. */

import { type RefusedRequest, refusedLines, timeText as shown, updateLines } from '../refused-request.ts';
import { summaryOf } from '../summary.ts';
import type { MailOutcome, ReferralProgress, RewardWindowInput, RewardWindowProgress } from './referral.ts';

/** One line, such as `user_ada invites a friend to codex-pilot`. */
export function referralSummary({ referrer_id, program }: ReferralProgress): string {
  return summaryOf(`${referrer_id} invites a friend to ${program}`);
}

/** The card of a referral as it stands. No address: the ledger keeps it. */
export function referralDetails(
  referral: ReferralProgress,
  invitation?: MailOutcome,
  refused?: RefusedRequest,
): string {
  const { status, referrer_id, friend_id, program } = referral;
  const friend = friend_id == null ? 'a friend' : `\`${friend_id}\``;
  const lines = [
    `\`${referrer_id}\` invites ${friend} to **${program}**`,
    ...(invitation === undefined ? [] : [INVITATION_LINES[invitation]]),
    `Status: **${status}**${because(referral)}. ${nextStep(referral)}`,
    ...refusedLines(refused),
    ...updateLines(updatesOf(referral)),
    // Web UI 2.42 cuts off the last line.
    '---',
  ];
  return lines.join('\n\n');
}

const INVITATION_LINES: Record<MailOutcome, string> = {
  sent: 'The invitation was mailed.',
  not_needed: 'No invitation was mailed: there is no mail server, or the link is used.',
  failed: 'The invitation could **not** be mailed; the referrer can pass its link on.',
};

/** The reason is somebody's text: as code it stays text, whatever Markdown it holds. */
function because({ reason_code, detail, reason }: ReferralProgress): string {
  const text = reason == null || reason === '' ? undefined : `\`${reason.replaceAll('`', "'")}\``;
  const why = [reason_code, detail, text].filter((part) => part != null);
  return why.length > 0 ? ` (${why.join(': ')})` : '';
}

function nextStep(referral: ReferralProgress): string {
  const { status, prompts_required, expires_at, deferred_until, rewarded_at } = referral;
  if (status === 'invited') return `The link waits for the friend until ${shown(expires_at)}.`;
  if (status === 'joined') {
    return `The friend came by the link; prompts are counted in the ledger, ${prompts_required} are needed until ${shown(expires_at)}.`;
  }
  if (deferred_until != null) return `The reward is tried again at ${shown(deferred_until)}.`;
  if (status === 'qualified') return 'The reward is being claimed.';
  return rewarded_at == null ? 'It has ended without a reward.' : `Rewarded at ${shown(rewarded_at)}.`;
}

function updatesOf({ status }: ReferralProgress): string[] {
  if (status !== 'invited' && status !== 'joined') return [];
  const resend = status === 'invited' ? ['`resend` mails the invitation again'] : [];
  return [...resend, '`cancel` `{"reason":"why"}`'];
}

/** One line, such as `Rewards of user_ada in the month from 2026-06-11`. */
export function windowSummary({ account_id, month }: RewardWindowInput): string {
  return summaryOf(`Rewards of ${account_id} in the month from ${month}`);
}

/** The card of a billing month. */
export function windowDetails(window: RewardWindowProgress, refused?: RefusedRequest): string {
  const programs = Object.entries(window.programs).map(([program, { cap, banked, held }]) => {
    const taken = [...banked, ...held].map((id) => `\`${id}\``).join(', ');
    const count = banked.length + held.length;
    return `- **${program}**: ${count} of ${cap} rewards${taken === '' ? '' : `: ${taken}`}`;
  });
  return [
    `Rewards of \`${window.account_id}\` in the billing month from ${window.month} to ${shown(window.ends_at)}`,
    programs.length === 0 ? 'None has been claimed.' : programs.join('\n'),
    window.closed
      ? 'The month is over.'
      : 'Gives places to those who claim them; it ends by itself with the month.',
    ...refusedLines(refused),
    ...updateLines(
      window.closed
        ? []
        : ['`raiseCap` `{"program":"codex-selective","cap":5,"reason":"why","by":"your name"}`'],
    ),
    '---',
  ].join('\n\n');
}
