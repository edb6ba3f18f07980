/** Referrals' processes on Temporal: what the HTTP server asks of them. */
import { createHash } from 'node:crypto';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type Referral, referralStanding, referralWorkflowId } from '../../contracts/referrals/referral.ts';
import {
  promptedSignal,
  referralChangedSignal,
  resendUpdate,
  windowChangedSignal,
} from '../../contracts/referrals/referral-messages.ts';
import type { ReferralProcess } from '../../contracts/referrals/referral-process.ts';
import { OPEN_REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { answeredWithin, type OnMissed, PATIENCE, signalled } from '../patience.ts';
import { startProcess, withStart } from '../start-process.ts';
import { referralStart } from './referral-start.ts';
import { handleOf } from './reward-window-process.ts';

export type ReferralProcessOptions = {
  client: Client;
  taskQueue: string;
  /** Called when a signal failed; the schedules retry. */
  onMissed?: OnMissed;
};

/** How long a caller waits for an invitation to be mailed again, in milliseconds. */
export const RESEND_PATIENCE = 10_000;

export function createReferralProcess(options: ReferralProcessOptions): ReferralProcess {
  const { client, taskQueue, onMissed } = options;
  return {
    async start(referral) {
      if (!OPEN_REFERRAL_STATUSES.includes(referral.status)) return;
      await answeredWithin(client, PATIENCE, () => startProcess(client, taskQueue, referralStart(referral)));
    },

    changed: (referral) => tell(referral),

    async prompted(referral) {
      if (referral.status !== 'joined' && referral.status !== 'invited') await tell(referral);
    },

    async resend(referral, key) {
      await answeredWithin(client, RESEND_PATIENCE, () =>
        client.workflow.executeUpdateWithStart(resendUpdate, {
          updateId: createHash('sha256').update(key).digest('hex'),
          startWorkflowOperation: withStart(referralStart(referral), taskQueue),
        }),
      );
    },

    async windowChanged(window) {
      const handle = handleOf(client, window);
      await signal(handle.workflowId, () => handle.signal(windowChangedSignal, window));
    },
  };

  /** The prompt that was enough, or a change that only has to be known. */
  function tell(referral: Referral): Promise<void> {
    const workflowId = referralWorkflowId(referral.id);
    const message = referral.status === 'qualified' ? promptedSignal : referralChangedSignal;
    const handle = client.workflow.getHandle(workflowId);
    return signal(workflowId, async () => {
      try {
        await handle.signal(message, referralStanding(referral));
      } catch (error) {
        // Its invitation had run out, and its process with it, when the last prompt was reported.
        if (!(error instanceof WorkflowNotFoundError) || referral.status !== 'qualified') throw error;
        await startProcess(client, taskQueue, referralStart(referral), 'completed');
      }
    });
  }

  function signal(workflowId: string, send: () => Promise<void>): Promise<void> {
    return signalled(client, { workflowId, onMissed }, send);
  }
}
