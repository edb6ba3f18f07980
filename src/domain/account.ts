/** Accounts: who owns value. */

export const ACCOUNT_KINDS = ['person', 'organisation'] as const;

/** `frozen`: keeps its value, moves none of it. `closed`: receives nothing any more. */
export const ACCOUNT_STATUSES = ['active', 'frozen', 'closed'] as const;

/** Whether credits go on where the plan ends: never, only when a use says so, or by themselves. */
export const CREDIT_SWITCHES = ['off', 'ask', 'auto'] as const;

/** What an organisation pays with beyond its plan: its pool alone, or an invoice when that is empty. */
export const BILLING_SWITCHES = ['pool', 'invoice'] as const;

export const PLANS = ['free', 'go', 'plus', 'pro', 'business', 'enterprise', 'edu'] as const;

/** The account that pays for promotional gifts; operators fill it by a grant. */
export const PROMOTIONAL_BUDGET = 'boon:promotional';

/** Ids that start so belong to Boon itself and cannot be a caller's account. */
export const RESERVED_PREFIX = 'boon:';
