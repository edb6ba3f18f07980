/** Gifts' workflows as `reconcile` asks for them: which run, and starting one anew. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { GiftRuns } from '../activities/reconcile.ts';
import { GIFT_WORKFLOW, type GiftWorkflow } from '../contracts/gift.ts';
import { giftStartOptions } from './gift-start.ts';

export function giftRuns(client: Client, taskQueue: string, clock: () => Date): GiftRuns {
  return {
    async running(workflowIds) {
      const ids = workflowIds.map((id) => `"${id}"`).join(', ');
      const query = `WorkflowId IN (${ids}) AND ExecutionStatus = "Running"`;
      const running = new Set<string>();
      for await (const { workflowId } of client.workflow.list({ query, pageSize: workflowIds.length })) {
        running.add(workflowId);
      }
      return running;
    },

    async restart(gift) {
      const options = giftStartOptions(gift, taskQueue, clock().getTime());
      try {
        // A process that was terminated or failed may begin again; one that completed has done its work.
        const workflowIdReusePolicy = 'ALLOW_DUPLICATE_FAILED_ONLY';
        await client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, { ...options, workflowIdReusePolicy });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
