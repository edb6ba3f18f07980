/** A stand-in for Temporal in tests of HTTP matters only: it notes what referrals' processes were told. */
import { BoonError } from '../../src/contracts/errors.ts';
import type { Referral, RewardWindow } from '../../src/contracts/referrals/referral.ts';
import type { ReferralProcess } from '../../src/contracts/referrals/referral-process.ts';

export type RecordingReferralProcess = ReferralProcess & {
  started: Referral[];
  changes: Referral[];
  /** What activity told; below the program's number too, for what goes on to Temporal is the process's matter. */
  prompts: Referral[];
  /** Keys of the resends. */
  resends: string[];
  windows: RewardWindow[];
  /** What Temporal does from now on. */
  temporal: 'answers' | 'refuses';
};

export function createRecordingReferralProcess(): RecordingReferralProcess {
  const process: RecordingReferralProcess = {
    started: [],
    changes: [],
    prompts: [],
    resends: [],
    windows: [],
    temporal: 'answers',
    async start(referral) {
      reach();
      process.started.push(referral);
    },
    async changed(referral) {
      process.changes.push(referral);
    },
    async prompted(referral) {
      process.prompts.push(referral);
    },
    async resend(_referral, key) {
      reach();
      process.resends.push(key);
    },
    async windowChanged(window) {
      process.windows.push(window);
    },
  };

  function reach(): void {
    if (process.temporal === 'refuses') throw new BoonError('unavailable', 'Temporal did not answer.');
  }
  return process;
}
