/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'f88d59c0e7cbd4fae7ccd82e35590a78b41dbd4e64fa4105bd9898ad0cc2e1e3';
