/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 1;
export const CODE_DIGEST = '8f52547fedf2eb1f9e21768e27854971230774a53a490ce13b8d06acdcc3235f';
