/** Banked resets: tokens that restore the 5-hour and the weekly window of their owner, once. */

/** `held`: on its way to somebody else. `given`: it went on as a reset of the recipient. `revoked`: taken back. */
export const RESET_STATUSES = ['available', 'held', 'redeemed', 'expired', 'given', 'revoked'] as const;

/** How its owner got it. `return`: one that was redeemed shortly before the windows ended anyway came back. */
export const RESET_SOURCES = [
  'complimentary',
  'referral',
  'campaign',
  'purchase',
  'gift',
  'grant',
  'return',
] as const;

/**
 * What happened to a redemption. `nothing_to_reset` and `no_credit` spend nothing and are not recorded: the same request
 * may be sent again later. `already_redeemed` repeats what the request, or another one for the reset chosen, did.
 */
export const REDEEM_OUTCOMES = ['reset', 'nothing_to_reset', 'no_credit', 'already_redeemed'] as const;
export type RedeemOutcome = (typeof REDEEM_OUTCOMES)[number];
