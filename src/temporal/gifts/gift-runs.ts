/** Gifts' workflows as `reconcile` asks for them: which run, and starting one again. */
import type { Client } from '@temporalio/client';
import type { GiftRuns } from '../../activities/gifts/gift-starts.ts';
import { GIFT_WORKFLOW } from '../../contracts/gifts/gift.ts';
import { refreshGiftUpdate } from '../../contracts/gifts/gift-messages.ts';
import { runningWorkflows } from '../running-workflows.ts';
import { restartProcess } from '../start-process.ts';
import { giftStart } from './gift-start.ts';

/** Ends of a process that are no end of its gift. */
const LOST = '"Terminated", "Failed", "Canceled", "TimedOut"';
/** What Temporal gives in one answer. */
const LARGEST_PAGE = 1_000;
/** How long processes may take to look at the ledger, in milliseconds. */
const REFRESH_PATIENCE = 5_000;

/** Makes what `reconcile` asks of the runs of gifts. */
export function giftRuns(client: Client, taskQueue: string, clock: () => Date): GiftRuns {
  return {
    running: (workflowIds) => runningWorkflows(client, workflowIds),

    async lost(since, limit) {
      const query = `WorkflowType = "${GIFT_WORKFLOW}" AND ExecutionStatus IN (${LOST}) AND CloseTime >= "${since}"`;
      const lost = new Set<string>();
      for await (const { workflowId } of client.workflow.list({ query, pageSize: LARGEST_PAGE })) {
        lost.add(workflowId);
        if (lost.size >= limit) break;
      }
      return lost;
    },

    refresh: (workflowIds) => refreshGifts(client, workflowIds),

    restart: (gift, replacing) =>
      restartProcess(client, taskQueue, giftStart(gift, clock().getTime()), replacing),
  };
}

/** Has processes look at the ledger again; one that cannot be reached is left to `reconcile`. */
export async function refreshGifts(client: Client, workflowIds: readonly string[]): Promise<void> {
  const told = () =>
    Promise.allSettled(
      workflowIds.map((id) => client.workflow.getHandle(id).executeUpdate(refreshGiftUpdate)),
    );
  await client.connection.withDeadline(Date.now() + REFRESH_PATIENCE, told);
}
