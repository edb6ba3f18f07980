/** Referrals' processes on Temporal: what the HTTP server asks of them. */
import { createHash } from 'node:crypto';
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { BoonError } from '../../contracts/errors.ts';
import {
  REFERRAL_WORKFLOW,
  type Referral,
  type ReferralWorkflow,
  referralStanding,
  referralWorkflowId,
} from '../../contracts/referrals/referral.ts';
import {
  promptedSignal,
  referralChangedSignal,
  resendUpdate,
  windowChangedSignal,
} from '../../contracts/referrals/referral-messages.ts';
import type { ReferralProcess } from '../../contracts/referrals/referral-process.ts';
import { OPEN_REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { refusedBy, unavailable } from '../failure.ts';
import { referralStartOptions } from './referral-start.ts';
import { handleOf } from './reward-windows.ts';

export type ReferralProcessOptions = {
  client: Client;
  taskQueue: string;
  /** Hears of what Temporal missed; the schedules see to it. */
  onMissed?: (error: unknown, workflowId: string) => void;
};

/** How long a caller waits for Temporal, in milliseconds. */
const START_PATIENCE = 2_000;
const TELL_PATIENCE = 2_000;
export const RESEND_PATIENCE = 10_000;

export function createReferralProcess(options: ReferralProcessOptions): ReferralProcess {
  const { client, taskQueue, onMissed = () => undefined } = options;
  return {
    async start(referral) {
      if (!OPEN_REFERRAL_STATUSES.includes(referral.status)) return;
      await within(START_PATIENCE, async () => {
        try {
          const start = referralStartOptions(referral, taskQueue);
          await client.workflow.start<ReferralWorkflow>(REFERRAL_WORKFLOW, start);
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        }
      });
    },

    changed: (referral) => tell(referral),

    async prompted(referral) {
      if (referral.status !== 'joined' && referral.status !== 'invited') await tell(referral);
    },

    async resend(referral, key) {
      await within(RESEND_PATIENCE, async () => {
        await client.workflow.executeUpdateWithStart(resendUpdate, {
          updateId: createHash('sha256').update(key).digest('hex'),
          startWorkflowOperation: new WithStartWorkflowOperation<ReferralWorkflow>(
            REFERRAL_WORKFLOW,
            referralStartOptions(referral, taskQueue),
          ),
        });
      });
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
        // Its invitation had run out, and its process with it, when the last prompt was told.
        if (!(error instanceof WorkflowNotFoundError) || referral.status !== 'qualified') throw error;
        await startAnew(referral);
      }
    });
  }

  async function startAnew(referral: Referral): Promise<void> {
    const start = {
      ...referralStartOptions(referral, taskQueue),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    } as const;
    await client.workflow.start<ReferralWorkflow>(REFERRAL_WORKFLOW, start);
  }

  async function signal(workflowId: string, send: () => Promise<void>): Promise<void> {
    try {
      await client.connection.withDeadline(Date.now() + TELL_PATIENCE, send);
    } catch (error) {
      // One that has ended knows; one that never started is started with how the ledger has it.
      if (!(error instanceof WorkflowNotFoundError)) onMissed(error, workflowId);
    }
  }

  async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
    try {
      return await client.connection.withDeadline(Date.now() + milliseconds, work);
    } catch (error) {
      throw error instanceof BoonError ? error : (refusedBy(error)?.error ?? unavailable(error));
    }
  }
}
