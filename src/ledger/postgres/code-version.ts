/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'd87f2930c1963cf2bfaf63a9e8ed998bd7dec0162ecb3c376a9bdb74b09bc6c5';
