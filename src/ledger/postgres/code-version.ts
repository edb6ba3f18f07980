/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'c34c8edf7e4416a09eae702a8e2a31dc43247e7bef541d4344d6bcd1fa55ac13';
