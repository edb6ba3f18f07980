/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = '891ae65a497e5b648709fb26e933a205b2fd773de7e77261cb3249da316777c5';
