/** What tests ask of the deployment's Temporal, each over a connection of its own: the server may be a new one. */
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { giftWorkflowId } from '../../../src/contracts/gifts/gift.ts';
import { SCHEDULES } from '../../../src/contracts/temporal.ts';

const MINUTE = 60_000;

/** How the workflow of a gift stands; undefined when there is none. */
export async function processOf(address: string, giftId: string): Promise<string | undefined> {
  const handle = (client: Client) => client.workflow.getHandle(giftWorkflowId(giftId));
  try {
    return (await asking(address, (client) => handle(client).describe())).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Has `reconcile` run at once, which comes round by itself each minute. */
export function triggerReconcile(address: string): Promise<void> {
  return asking(address, ({ schedule }) => schedule.getHandle(SCHEDULES.reconcile).trigger('SKIP'));
}

/** Whether `reconcile` has come round by itself of late: at a full minute. */
export async function hasReconciledByItself(address: string): Promise<boolean> {
  const { info } = await asking(address, ({ schedule }) =>
    schedule.getHandle(SCHEDULES.reconcile).describe(),
  );
  return info.recentActions.some(({ scheduledAt }) => scheduledAt.getTime() % MINUTE === 0);
}

async function asking<T>(address: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
