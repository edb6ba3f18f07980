/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = 'c38916a9c5a38b1c534cee02f42cf096f6f54626b036ed721db58a9982fce6e6';
