/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '3afd5190fe3c28096c99d690a5785c03d1dd3ebc2cff7b588386e74af71dc449';
