/** Lots: credits granted together, with one source and one expiry. */

/** Where a lot's credits came from, in burn order: the first is burnt before the last when expiries are equal. */
export const LOT_SOURCES = ['promotional', 'earned', 'gifted', 'purchased'] as const;
export type LotSource = (typeof LOT_SOURCES)[number];

/** What burn order looks at. Times are epoch milliseconds; `expiresAt` null never expires. */
export type BurnKey = {
  id: bigint;
  source: LotSource;
  grantedAt: number;
  expiresAt: number | null;
};

/**
 * The deterministic burn order: soonest expiry, then promotional before earned before gifted before purchased,
 * then oldest, then id. The ledger's SQL orders lots by the same four keys.
 */
export function compareBurnOrder(a: BurnKey, b: BurnKey): number {
  const expiryA = a.expiresAt ?? Number.POSITIVE_INFINITY;
  const expiryB = b.expiresAt ?? Number.POSITIVE_INFINITY;
  if (expiryA !== expiryB) return expiryA - expiryB;
  const bySource = LOT_SOURCES.indexOf(a.source) - LOT_SOURCES.indexOf(b.source);
  if (bySource !== 0) return bySource;
  if (a.grantedAt !== b.grantedAt) return a.grantedAt - b.grantedAt;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
