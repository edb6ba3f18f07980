/** The closed lists of reasons of gifts. The ledger's SQL sets them; a test holds the two together. */
import { SCREENING_RULE_NAMES } from './screening-rules.ts';

/** Why a gift that was accepted is held, or ended as it did. */
export const GIFT_REASONS = [
  ...SCREENING_RULE_NAMES,
  'account_frozen',
  'recipient_unavailable',
  'recipient_not_new',
  'claim_expired',
  'canceled',
  'operator_hold',
  'operator_reject',
  'funding_refunded',
  'reversed',
] as const;
export type GiftReason = (typeof GIFT_REASONS)[number];

/** The limits of a sender that a gift may go beyond, as `limit_refused` names them. */
const LIMIT_REASONS = [
  'per_day_count',
  'per_day_amount',
  'per_month_count',
  'per_month_amount',
  'promotional_count',
  'promotional_amount',
] as const;

/** Why a gift, a claim or a grant is refused, where a rule stands behind the refusal's code. */
export const GIFT_REFUSAL_REASONS = [
  ...SCREENING_RULE_NAMES,
  ...LIMIT_REASONS,
  'account_too_new',
  'unknown_account',
  'recipient_unavailable',
  'recipient_not_new',
  'account_full',
  'below_least',
  'above_most',
  'budget_used_up',
  'reset_unavailable',
  'reset_gifted',
  'reset_expires',
] as const;
export type GiftRefusalReason = (typeof GIFT_REFUSAL_REASONS)[number];
