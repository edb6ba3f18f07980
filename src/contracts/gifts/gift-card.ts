/** What an operator reads of a gift in the Temporal Web UI: one line, and a card in Markdown. */
import { ACTIONS_ALLOWED, type GiftAction } from '../../domain/gift-status.ts';
import { timeText, updateLines } from '../refused-request.ts';
import { summaryOf } from '../summary.ts';
import { type ClaimMail, type GiftProgress, givenText } from './gift.ts';

/**
 * Updates that an operator may send, with their data; `claim` is the recipient's and `reverse` the API's. The data
 * stand as code, for the Web UI sets plain quotes as typographic ones, which are no JSON any more.
 */
const OPERATOR_UPDATES: Partial<Record<GiftAction, string>> = {
  hold: '{"reason":"why"}',
  release: '{}',
  reject: '{"reason":"why"}',
  cancel: '{}',
};

/** One line, such as `25 credits from user_ada to user_bob`. */
export function giftSummary(gift: Pick<GiftProgress, 'from' | 'to' | 'amount' | 'reset_id'>): string {
  return summaryOf(`${givenText(gift)} from ${gift.from} to ${gift.to ?? 'an e-mail address'}`);
}

/**
 * What stands beside the summary from the start and never changes: the status it had then, what time will do to it
 * and what an operator can do. It is stored with every gift.
 */
export function giftOutlook(gift: GiftProgress): string {
  return outlook('At the start', gift);
}

/** The whole card of a gift that runs: sender, recipient and amount, then the outlook. */
export function giftDetails(gift: GiftProgress, claimMail?: ClaimMail): string {
  const lines = [
    `**${givenText(gift)}** from \`${gift.from}\` to ${gift.to ? `\`${gift.to}\`` : 'an e-mail address'}`,
    ...(gift.funding === 'promotional' ? ['Paid from the promotional budget.'] : []),
    ...(claimMail === undefined ? [] : [MAIL_LINES[claimMail]]),
    outlook('Status', gift),
  ];
  return lines.join('\n\n');
}

const MAIL_LINES: Record<ClaimMail, string> = {
  sent: 'The claim link was mailed.',
  not_needed: 'No claim link was mailed: there is no mail server, or the link is used.',
  failed: 'The claim link could **not** be mailed; the sender can pass it on.',
};

function outlook(when: string, gift: GiftProgress): string {
  const updates = updatesFor(gift);
  return [
    `${when}: **${gift.status}**${because(gift)}. ${whatTimeDoes(gift)}`,
    ...updateLines(updates),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

/** A reason is somebody's text, a sender's too: as code it stays text, whatever Markdown it holds. */
function because({ reason_code, reason }: GiftProgress): string {
  const text = reason == null || reason === '' ? undefined : `\`${reason.replaceAll('`', "'")}\``;
  const why = [reason_code, text].filter((part) => part != null);
  return why.length > 0 ? ` (${why.join(': ')})` : '';
}

function whatTimeDoes(gift: GiftProgress): string {
  if (gift.settled_at != null)
    return `Settled at ${timeText(gift.settled_at)}; the API can still reverse it.`;
  if (gift.deadline == null) return 'It has ended; the credits are back where they came from.';
  if (gift.status === 'held') return `The hold ends by itself at ${timeText(gift.deadline)}.`;
  if (gift.status === 'awaiting_claim') return `Unclaimed, it ends at ${timeText(gift.deadline)}.`;
  return `Settles at ${timeText(gift.deadline)}.`;
}

function updatesFor(gift: GiftProgress): string[] {
  return ACTIONS_ALLOWED[gift.status].flatMap((action) => {
    const example = OPERATOR_UPDATES[action];
    return example === undefined ? [] : [`\`${action}\` \`${example}\``];
  });
}
