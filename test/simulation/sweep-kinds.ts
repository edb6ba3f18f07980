/** Sweeps of the whole ledger, by what they do. */

export const SWEEPS = [
  'expire lots',
  'last moment',
  'expire resets',
  'return resets',
  'expire referrals',
  'remind',
] as const;

export type SweepKind = (typeof SWEEPS)[number];
