/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '1d66b4c327b90fcc83bbeb939910a31077c665000435a71166f89e4f3ed28380';
