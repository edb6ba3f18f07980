/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = '7fbdf9109bfa5a4806892df001c7e704373bf11fba41cc75dbf72912a79aca6d';
