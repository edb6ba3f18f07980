/** How long callers wait for Temporal, and what they are told when it did not do what they asked. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { BoonError } from '../contracts/errors.ts';
import { refusedBy, unavailable } from './failure.ts';

/** How long a caller waits for a start or a signal, in milliseconds. `reconcile` catches up with what was missed. */
export const PATIENCE = 2_000;

/**
 * Does work that waits for Temporal, for so many milliseconds at most.
 * @param passes failures that the caller handles itself
 * @throws BoonError: a refusal of Boon's, or `unavailable`
 */
export async function answeredWithin<T>(
  client: Client,
  milliseconds: number,
  work: () => Promise<T>,
  passes: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    return await client.connection.withDeadline(Date.now() + milliseconds, work);
  } catch (error) {
    if (error instanceof BoonError || passes(error)) throw error;
    throw refusedBy(error)?.error ?? unavailable(error);
  }
}

/** Called when a signal failed; the schedules retry, or the process asks by itself. */
export type OnMissed = (error: unknown, workflowId: string) => void;

/** Signals a process that may have ended. Never rejects. */
export async function signalled(
  client: Client,
  { workflowId, patience = PATIENCE, onMissed }: SignalOptions,
  send: () => Promise<void>,
): Promise<void> {
  try {
    await client.connection.withDeadline(Date.now() + patience, send);
  } catch (error) {
    // One that has ended knows; one that never started is started with how the ledger has it.
    if (!(error instanceof WorkflowNotFoundError)) onMissed?.(error, workflowId);
  }
}

type SignalOptions = { workflowId: string; patience?: number; onMissed?: OnMissed | undefined };
