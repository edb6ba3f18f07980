/** What an operator reads of a gift in the Temporal Web UI: one line, and a card in Markdown. */
import { ACTIONS_ALLOWED, type GiftAction } from '../domain/gift-status.ts';
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
  return `${givenText(gift)} from ${gift.from} to ${gift.to ?? 'an e-mail address'}`;
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
    ...(updates.length > 0 ? [SEND_UPDATES, updates.join('\n')] : []),
    // Web UI 2.42 cuts off the last line.
    '---',
  ].join('\n\n');
}

/** From another tab: on that of the details, Web UI 2.42 takes each R as "refresh", one typed into the form too. */
const SEND_UPDATES = 'Updates to send, by More Actions:';

/** A reason is somebody's text, a sender's too: as code it stays text, whatever Markdown it holds. */
function because({ reason_code, reason }: GiftProgress): string {
  const text = reason == null || reason === '' ? undefined : `\`${reason.replaceAll('`', "'")}\``;
  const why = [reason_code, text].filter((part) => part != null);
  return why.length > 0 ? ` (${why.join(': ')})` : '';
}

function whatTimeDoes(gift: GiftProgress): string {
  if (gift.settled_at != null) return `Settled at ${shown(gift.settled_at)}; the API can still reverse it.`;
  if (gift.deadline == null) return 'It has ended; the credits are back where they came from.';
  if (gift.status === 'held') return `The hold ends by itself at ${shown(gift.deadline)}.`;
  if (gift.status === 'awaiting_claim') return `Unclaimed, it ends at ${shown(gift.deadline)}.`;
  return `Settles at ${shown(gift.deadline)}.`;
}

function updatesFor(gift: GiftProgress): string[] {
  return ACTIONS_ALLOWED[gift.status].flatMap((action) => {
    const example = OPERATOR_UPDATES[action];
    return example === undefined ? [] : [`- \`${action}\` \`${example}\``];
  });
}

/** `2026-06-12 09:00:00 UTC`: with its zone, as an operator reads it. */
function shown(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}
