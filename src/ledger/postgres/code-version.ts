/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'b35b2f03fd04b36ebf31745aa0b36b0d32228caedc47ddba19e823897794e29f';
