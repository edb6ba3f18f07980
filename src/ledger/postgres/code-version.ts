/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'cb1679f1b6e7f58bbd0d2c95b75d38740e030694f17b4729cc730292e9b20e80';
