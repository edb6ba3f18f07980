/** Acting on a gift through Temporal, whether its process runs, is still to be started, or has ended. */
import type { UpdateDefinition } from '@temporalio/common';
import type { GiftId } from '../../domain/ids.ts';
import { TASK_QUEUE } from '../temporal.ts';
import { GIFT_WORKFLOW, type GiftInput, giftWorkflowId } from './gift.ts';

/** A backend's Temporal client, and what belongs to it. */
export type TemporalAtHand = {
  /** The backend's `Client`. */
  client: {
    workflow: {
      start(workflow: never, options: never): Promise<unknown>;
      getHandle(workflowId: string): { executeUpdate(update: never, options: never): Promise<unknown> };
    };
  };
  /** The class of that name of `@temporalio/client`, which has it since 1.11.6: with it a start and an update are one call. */
  WithStartWorkflowOperation?: new (
    workflow: never,
    options: never,
  ) => object;
  /** `BOON_TASK_QUEUE`, where it is set. */
  taskQueue?: string;
};

/** A longer key is no update id: servers limit ids. */
const LONGEST_UPDATE_ID = 200;

/**
 * Sends an update to a gift's process, which is started where it does not run: the API answers a gift before its process has
 * started. With `WithStartWorkflowOperation` that is one call, and the process of a gift that has ended answers too, as the ledger does;
 * without it there are two calls, and such a process may have ended between them.
 *
 * @param update `holdGiftUpdate`, say; its argument follows. The same `key` in it is done once.
 * @returns the update's answer
 * @throws WorkflowUpdateFailedError whose cause has a code of Boon's as its type, `not_found` for instance
 */
export async function actOnGift<Answer, Args extends unknown[]>(
  { client, WithStartWorkflowOperation, taskQueue = TASK_QUEUE }: TemporalAtHand,
  giftId: GiftId,
  update: UpdateDefinition<Answer, Args>,
  ...args: Args
): Promise<Answer> {
  const input: GiftInput = { open: true };
  const workflowId = giftWorkflowId(giftId);
  const start = {
    workflowId,
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  };
  const key = keyOf(args[0]);
  const sent = { args, ...(key === undefined ? {} : { updateId: key }) };
  if (WithStartWorkflowOperation === undefined) {
    await client.workflow.start(GIFT_WORKFLOW as never, start as never).catch(unlessItRuns);
    const handle = client.workflow.getHandle(workflowId);
    return (await handle.executeUpdate(update as never, sent as never)) as Answer;
  }
  const startWorkflowOperation = new WithStartWorkflowOperation(GIFT_WORKFLOW as never, start as never);
  const { executeUpdateWithStart } = client.workflow as unknown as UpdatesWithStart;
  const options = { ...sent, startWorkflowOperation };
  return (await executeUpdateWithStart.call(client.workflow, update, options)) as Answer;
}

type UpdatesWithStart = { executeUpdateWithStart(update: unknown, options: unknown): Promise<unknown> };

/** Older clients know no `USE_EXISTING`. */
function unlessItRuns(error: unknown): void {
  if ((error as Error).name !== 'WorkflowExecutionAlreadyStartedError') throw error;
}

function keyOf(given: unknown): string | undefined {
  const key = (given as { key?: unknown } | undefined)?.key;
  return typeof key === 'string' && key.length <= LONGEST_UPDATE_ID ? key : undefined;
}
