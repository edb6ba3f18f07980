/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '3b891a3d9c8b1da3c02627af4e4b002bc2add7de8aebfe33b79547607e759e87';
