/**
 * The states of a gift and what may be done in each. The ledger enforces the same table in SQL
 * (`action_refused`), and a test holds the two together.
 */

/** Where a gift stands, as shown to everybody. */
export const GIFT_STATUSES = [
  'awaiting_claim',
  'pending',
  'held',
  'settled',
  'canceled',
  'expired',
  'rejected',
  'reversed',
] as const;
export type GiftStatus = (typeof GIFT_STATUSES)[number];

/** What a person can do to a gift; what time does to it (settle, expire, end a hold) is `advance`. */
export const GIFT_ACTIONS = ['cancel', 'claim', 'hold', 'release', 'reject', 'reverse'] as const;
export type GiftAction = (typeof GIFT_ACTIONS)[number];

/** Open gifts have credits on hold and a process that will end them. */
export const OPEN_GIFT_STATUSES: readonly GiftStatus[] = ['awaiting_claim', 'pending', 'held'];

/** Actions that the status allows. A held gift may still be canceled: its sender wants the credits back. */
export const ACTIONS_ALLOWED: Readonly<Record<GiftStatus, readonly GiftAction[]>> = {
  awaiting_claim: ['cancel', 'claim', 'hold', 'reject'],
  pending: ['cancel', 'hold', 'reject'],
  held: ['release', 'reject', 'cancel'],
  settled: ['reverse'],
  canceled: [],
  expired: [],
  rejected: [],
  reversed: [],
};

/** Whether a gift in this status still has credits on hold. */
export function isOpen(status: GiftStatus): boolean {
  return OPEN_GIFT_STATUSES.includes(status);
}
