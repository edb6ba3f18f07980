/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '7b7a0d65c50aa787d02e295f9f376f46870b6c8e950c1c46172a6d82267bae7d';
