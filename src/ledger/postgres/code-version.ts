/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '224e6bd9bc8f307481bb104be0593bf9ceb3550b0d0b9e71f3009292caca950e';
