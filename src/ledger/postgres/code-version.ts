/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = '93da7ece3293bb7741b960ed31b61d153bea5a621596cb010645f1523a50b522';
