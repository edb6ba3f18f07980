/** A place in the order in which resets expire. */
export type ExpiringReset = {
  /** As PostgreSQL spells it, to the microsecond. */
  expires_at: string;
  reset_id: string;
};

/** Before every reset. */
export const BEFORE_ALL: ExpiringReset = { expires_at: '-infinity', reset_id: '0' };
