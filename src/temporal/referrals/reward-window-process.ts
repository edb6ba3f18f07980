/** Reward windows' processes on Temporal: asked for places by referrals, signaled by the API. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RewardWindows } from '../../activities/referrals/reward.ts';
import {
  type RewardWindow,
  type RewardWindowInput,
  rewardWindowWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { claimPlaceUpdate, releasePlaceUpdate } from '../../contracts/referrals/referral-messages.ts';
import { answeredWithin } from '../patience.ts';
import { withStart } from '../start-process.ts';
import { windowStart } from './reward-window-start.ts';

/** How long a window may take to answer, in milliseconds: less than the activity that waits for it. */
export const CLAIM_PATIENCE = 8_000;

/**
 * Claims of one month take turns in each worker. A server holds at most ten updates of a workflow at a time; what it
 * refuses beyond makes it lose the task that the others wait for, and a hundred claims at once take minutes.
 */
export function rewardWindows(client: Client, taskQueue: string): RewardWindows {
  const last = new Map<string, Promise<unknown>>();
  return {
    claim: (window, referral_id) =>
      inTurn(handleOf(client, window).workflowId, () =>
        within(async () => {
          const { program, cap, claimed } = window;
          return await client.workflow.executeUpdateWithStart(claimPlaceUpdate, {
            args: [{ referral_id, program, cap, banked: claimed }],
            startWorkflowOperation: withStart(windowStart(monthOf(window)), taskQueue),
          });
        }),
      ),

    release: (window, place) =>
      within(async () => {
        try {
          await handleOf(client, window).executeUpdate(releasePlaceUpdate, { args: [place] });
        } catch (error) {
          // A month that is over has no places to give back.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }),
  };

  function inTurn<T>(workflowId: string, work: () => Promise<T>): Promise<T> {
    const mine = (last.get(workflowId) ?? Promise.resolve()).then(work);
    const ended = mine
      .catch(() => undefined)
      .then(() => {
        if (last.get(workflowId) === ended) last.delete(workflowId);
      });
    last.set(workflowId, ended);
    return mine;
  }

  function within<T>(work: () => Promise<T>): Promise<T> {
    return answeredWithin(client, CLAIM_PATIENCE, work);
  }
}

function monthOf({ account_id, month, ends_at }: RewardWindow): RewardWindowInput {
  return { account_id, month, ends_at };
}

/** The month's process. */
export function handleOf(client: Client, { account_id, month }: RewardWindow) {
  return client.workflow.getHandle(rewardWindowWorkflowId(account_id, month));
}
