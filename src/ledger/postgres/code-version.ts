/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'a7c4f573313ed6f6ae633a1bd9b5be3c605f9068e6e9b17a694a1bd7295158f0';
