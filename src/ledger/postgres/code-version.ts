/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '03fa65329dd28d4789f6083377d26e8d5ddc15ac4903d1fe373a2593a8fabcfc';
