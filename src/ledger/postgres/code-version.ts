/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 4;
export const CODE_DIGEST = 'edd1b9a0a61c2c66243b5f0b4fefcb0775caa38d013856f2b8501fceec5438c2';
