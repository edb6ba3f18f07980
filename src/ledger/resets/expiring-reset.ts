/** A place in the order in which resets expire. */
import type { ResetId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';

export type ExpiringReset = {
  /** As PostgreSQL spells it, to the microsecond. */
  expires_at: Instant;
  reset_id: ResetId;
};

/** Before every reset. */
export const BEFORE_ALL: ExpiringReset = { expires_at: '-infinity', reset_id: '0' };
