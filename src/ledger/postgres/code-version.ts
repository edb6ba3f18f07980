/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = '7ffc843aaa361ae3587c636cb7ad405342f85e9d0d5ed3d72dd2bd9be6652aa7';
