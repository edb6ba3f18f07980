/** Acting on a gift through Temporal, whether its process runs, is still to be started, or has ended. */
import type { UpdateDefinition } from '@temporalio/common';
import { GIFT_WORKFLOW, type GiftInput, giftWorkflowId } from './gift.ts';
import { TASK_QUEUE } from './temporal.ts';

/** What is needed of `@temporalio/client`, 1.11.6 or later, and the task queue where it is not Boon's own. */
export type TemporalAtHand = {
  /** The backend's `Client`. */
  client: { workflow: { executeUpdateWithStart(update: never, options: never): Promise<unknown> } };
  /** The class of that name, of the same package as the client. */
  WithStartWorkflowOperation: new (
    workflow: never,
    options: never,
  ) => object;
  /** `BOON_TASK_QUEUE`, where it is set. */
  taskQueue?: string;
};

/** A longer key is no update id: servers limit ids. */
const LONGEST_UPDATE_ID = 200;

/**
 * Sends an update to a gift's process, which is started with the same call where it does not run: the API answers a gift
 * before its process has started. One that has ended is asked too, and answers as the ledger does.
 *
 * @param update `holdGiftUpdate`, say; its argument follows. The same `key` in it is done once.
 * @returns the update's answer
 * @throws WorkflowUpdateFailedError whose cause has a code of Boon's as its type, `not_found` for instance
 */
export async function actOnGift<Answer, Args extends unknown[]>(
  { client, WithStartWorkflowOperation, taskQueue = TASK_QUEUE }: TemporalAtHand,
  giftId: string,
  update: UpdateDefinition<Answer, Args>,
  ...args: Args
): Promise<Answer> {
  const input: GiftInput = { open: true };
  const start = {
    workflowId: giftWorkflowId(giftId),
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  };
  const startWorkflowOperation = new WithStartWorkflowOperation(GIFT_WORKFLOW as never, start as never);
  const key = keyOf(args[0]);
  const options = { args, startWorkflowOperation, ...(key === undefined ? {} : { updateId: key }) };
  return (await client.workflow.executeUpdateWithStart(update as never, options as never)) as Answer;
}

function keyOf(given: unknown): string | undefined {
  const key = (given as { key?: unknown } | undefined)?.key;
  return typeof key === 'string' && key.length <= LONGEST_UPDATE_ID ? key : undefined;
}
