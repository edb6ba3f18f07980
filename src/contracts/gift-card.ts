/** What an operator reads of a gift in the Temporal Web UI: one line, and a card in Markdown. */
import { ACTIONS_ALLOWED, type GiftAction } from '../domain/gift-status.ts';
import type { ClaimMail, GiftProgress } from './gift.ts';

/** Updates that an operator may send, with an example of their input; `claim` is the recipient's and `reverse` the API's. */
const OPERATOR_UPDATES: Partial<Record<GiftAction, string>> = {
  hold: '{"reason":"why"} stops the clock',
  release: '{} lets it go on',
  reject: '{"reason":"why"} returns the credits',
  cancel: '{} as the sender would',
};

/** One line, such as `25 credits from user_ada to user_bob`. */
export function giftSummary(gift: Pick<GiftProgress, 'from' | 'to' | 'amount'>): string {
  return `${gift.amount} credits from ${gift.from} to ${gift.to ?? 'an e-mail address'}`;
}

/** Sender, recipient, amount, status, what time will do to it and what an operator can do. */
export function giftDetails(gift: GiftProgress, claimMail?: ClaimMail): string {
  const lines = [
    `**${gift.amount} credits** from \`${gift.from}\` to ${gift.to ? `\`${gift.to}\`` : 'an e-mail address'}`,
    `Status: **${gift.status}**${because(gift)}. ${whatTimeDoes(gift)}`,
  ];
  if (gift.funding === 'promotional') lines.push('Paid from the promotional budget.');
  if (claimMail !== undefined) lines.push(MAIL_LINES[claimMail]);
  const updates = updatesFor(gift);
  if (updates.length > 0) lines.push(`Updates to send:\n${updates.join('\n')}`);
  return lines.join('\n\n');
}

const MAIL_LINES: Record<ClaimMail, string> = {
  sent: 'The claim link was mailed.',
  not_needed: 'No claim link was mailed: there is no mail server, or the link is used.',
  failed: 'The claim link could **not** be mailed; the sender can pass it on.',
};

function because(gift: GiftProgress): string {
  const why = [gift.reason_code, gift.reason].filter((text) => text != null && text !== '');
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
    return example === undefined ? [] : [`- \`${action}\` ${example}`];
  });
}

/** `2026-06-12 09:00:00 UTC`: with its zone, as an operator reads it. */
function shown(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}
