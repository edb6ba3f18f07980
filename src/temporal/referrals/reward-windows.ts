/** Reward windows' processes on Temporal: asked for places by referrals, told by the API. */
import { type Client, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { RewardWindows } from '../../activities/referrals/reward.ts';
import {
  REWARD_WINDOW_WORKFLOW,
  type RewardWindow,
  type RewardWindowInput,
  type RewardWindowWorkflow,
  rewardWindowWorkflowId,
} from '../../contracts/referrals/referral.ts';
import { windowSummary } from '../../contracts/referrals/referral-card.ts';
import { claimPlaceUpdate, releasePlaceUpdate } from '../../contracts/referrals/referral-messages.ts';
import { windowSearchAttributes } from '../../contracts/referrals/referral-search-attributes.ts';
import { refusedBy, unavailable } from '../failure.ts';

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
            startWorkflowOperation: new WithStartWorkflowOperation<RewardWindowWorkflow>(
              REWARD_WINDOW_WORKFLOW,
              windowStartOptions(monthOf(window), taskQueue),
            ),
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

  async function within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await client.connection.withDeadline(Date.now() + CLAIM_PATIENCE, work);
    } catch (error) {
      throw refusedBy(error)?.error ?? unavailable(error);
    }
  }
}

function monthOf({ account_id, month, ends_at }: RewardWindow): RewardWindowInput {
  return { account_id, month, ends_at };
}

/** The month's process. */
export function handleOf(client: Client, { account_id, month }: RewardWindow) {
  return client.workflow.getHandle(rewardWindowWorkflowId(account_id, month));
}

/** Options that start the process of a month; `programs` is what the ledger knows of its places. */
export function windowStartOptions(window: RewardWindowInput, taskQueue: string) {
  const { account_id, month, ends_at, programs } = window;
  const input = { account_id, month, ends_at, ...(programs === undefined ? {} : { programs }) };
  return {
    taskQueue,
    workflowId: rewardWindowWorkflowId(account_id, month),
    args: [input] as Parameters<RewardWindowWorkflow>,
    // One process at a time for each month; one that was terminated may begin again from the ledger's word.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: windowSearchAttributes(account_id),
    staticSummary: windowSummary({ account_id, month, ends_at }),
  } as const;
}
