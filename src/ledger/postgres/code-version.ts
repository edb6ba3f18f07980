/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 2;
export const CODE_DIGEST = '8c79a3a087757d6300dd6bf7addcaaa8ecb353996ff0ee4cd9140c13b08f3fdb';
