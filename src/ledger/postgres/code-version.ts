/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'e299789193e072c432d51a773a6d80991ddfdf9dd6034a71699989c3ef576044';
