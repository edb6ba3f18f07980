/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = '1e2673052c5b1e5aaac9cb1f8a71ec1c601fe74d7775d480e178b311030b00c4';
