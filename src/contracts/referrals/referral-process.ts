/** The seam between the HTTP server and Temporal: what the server asks of referrals' processes. */
import type { Referral, RewardWindow } from './referral.ts';

export interface ReferralProcess {
  /**
   * Starts `referral/<id>`; starting twice is harmless, and one that has ended needs no process. Rejects with
   * BoonError `unavailable` when Temporal does not answer: the invitation stands in the ledger all the same, and
   * `reconcile` starts it later.
   */
  start(referral: Referral): Promise<void>;
  /**
   * Tells the process how its referral stands, after the ledger changed it: the friend came by the link, or it ended. Starts
   * one that is over where the friend has qualified after all. Never rejects: the ledger has decided already, and what Temporal misses the schedules tell it.
   */
  changed(referral: Referral): Promise<void>;
  /**
   * The same after an activity event (`Ledger.recordActivity`): only the prompt that reached the program's number, and
   * an end, go to Temporal; every other prompt costs no call. Never rejects.
   */
  prompted(referral: Referral): Promise<void>;
  /**
   * Mails the invitation again. Rejects with `resend_limit_reached`, `already_resolved` or `unavailable`.
   * @param key the same key mails once.
   */
  resend(referral: Referral, key: string): Promise<void>;
  /** Tells the month's window, if it runs, how the ledger has it: its cap was raised, or a reward was taken back. Never rejects. */
  windowChanged(window: RewardWindow): Promise<void>;
}
