/** The closed lists of reasons of uses. The ledger's SQL gives them; a test holds the two together. */

/** Why credits do not pay the rest of a use that the plan does not cover: the reasons of `limit_reached`. */
export const USE_LIMIT_REASONS = [
  'not_paid_by_credits',
  'credits_off',
  'credits_on_request',
  'no_credits',
  'member_limit',
  'invoice_ceiling',
  'spending_limit',
] as const;
export type UseLimitReason = (typeof USE_LIMIT_REASONS)[number];

/** Why nothing is paid by itself beyond the plan: the same, or the account is frozen or closed. */
export const CREDIT_REFUSALS = [...USE_LIMIT_REASONS, 'account_frozen'] as const;
export type CreditRefusal = (typeof CREDIT_REFUSALS)[number];

/** What is not valid of a use, where only the ledger can tell. */
export const INVALID_USE_REASONS = ['not_on_rate_card', 'too_much', 'too_late'] as const;
export type InvalidUseReason = (typeof INVALID_USE_REASONS)[number];
