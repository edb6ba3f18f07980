/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '6004497268387ee1ec0c0f3a64fa5919e4ac832e8d8a287d00d9e6026bfa4902';
