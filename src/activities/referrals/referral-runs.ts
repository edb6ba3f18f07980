/** What the sweeps of referrals ask of Temporal. */
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { Instant } from '../../domain/instant.ts';

/** Referrals' workflows, as Temporal reports them. */
export type ReferralRuns = {
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Those that have closed since a time, however they did, by pages. */
  closed(since: Instant): AsyncIterable<readonly { workflowId: string }[]>;
  /**
   * Signals the process with its referral's state; one that does not run is left alone, unless the friend has
   * qualified. Never rejects.
   */
  tell(referral: Referral): Promise<void>;
  /** Starts the process of an open referral; false when it has completed, unless that one is to be replaced too; harmless when it runs. */
  restart(referral: Referral, replacing?: 'completed'): Promise<boolean>;
};
