/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 3;
export const CODE_DIGEST = '5e6b5623449072583b0fc54a3e04c01845304f16306fa8d36ab69dacefbb72f2';
