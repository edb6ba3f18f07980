/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = 'da78e1088b670387794a3f6658dad9d1c3d700e5d1c5fb8a700f0da40f21d82b';
