/** Gifts' processes on Temporal: what the HTTP server asks of them. */
import { createHash, randomUUID } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { BoonError } from '../contracts/errors.ts';
import {
  type AcceptedGift,
  GIFT_WORKFLOW,
  type Gift,
  type GiftActionRequest,
  type GiftAnswer,
  type GiftWorkflow,
  giftWorkflowId,
} from '../contracts/gift.ts';
import { acceptedGift, type GiftProcess } from '../contracts/gift-process.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refusedBy, unavailable } from './failure.ts';
import { giftStartOptions } from './gift-start.ts';

export type GiftProcessOptions = {
  client: Client;
  /** Answers for gifts that have ended and have no process any more. */
  ledger: Pick<Ledger, 'findGift' | 'actOnGift'>;
  taskQueue: string;
  clock: () => Date;
};

/** How long a caller waits for Temporal to take a start, in milliseconds; then `reconcile` sees to it. */
const START_PATIENCE = 2_000;
/** How long a caller waits for an action, which includes a worker's work, in milliseconds. */
const ACT_PATIENCE = 10_000;
const PING_PATIENCE = 2_000;
/** A longer key stands in an update id as its digest: servers limit ids. */
const LONGEST_UPDATE_ID = 200;

type Recorded = { value: Gift; replayed: boolean };

export function createGiftProcess({ client, ledger, taskQueue, clock }: GiftProcessOptions): GiftProcess {
  return {
    async start(gift) {
      await within(START_PATIENCE, () => start(gift, 'REJECT_DUPLICATE'));
    },

    async act(request) {
      // What has settled has no process any more.
      if (request.action === 'reverse') return await ledger.actOnGift(request);
      try {
        return await within(ACT_PATIENCE, () => update(request));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
      return await actWithoutProcess(request);
    },

    ping: () => pingTemporal(client),
  };

  async function start(gift: AcceptedGift, reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY') {
    const options = giftStartOptions(gift, taskQueue, clock().getTime());
    try {
      await client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, { ...options, workflowIdReusePolicy: reuse });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  /** Sends the action as an update whose id is its key: however often it is sent, it is done once. */
  async function update(request: GiftActionRequest): Promise<Recorded> {
    const { action, gift_id, key, at: _, ...given } = request;
    const attempt = randomUUID();
    const handle = client.workflow.getHandle(giftWorkflowId(gift_id));
    const args: [object] = [{ ...given, key, attempt }];
    try {
      const answer = await handle.executeUpdate<GiftAnswer, [object]>(action, {
        updateId: updateId(key),
        args,
      });
      const { attempt: answered, ...value } = answer;
      if (answered === attempt) return { value, replayed: false };
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      const refused = refusedBy(error);
      if (refused?.attempt === attempt) throw refused.error;
    }
    // An answer to an earlier sending of the key, or the process ended under the update. The ledger knows the
    // key's recorded answer, and whether this request is the same.
    return await ledger.actOnGift(request);
  }

  /** The process never started, or has ended. */
  async function actWithoutProcess(request: GiftActionRequest): Promise<Recorded> {
    const open = acceptedGift(await ledger.findGift(request.gift_id));
    if (open === undefined) return await ledger.actOnGift(request);
    return await within(ACT_PATIENCE, async () => {
      await start(open, 'ALLOW_DUPLICATE_FAILED_ONLY');
      return await update(request);
    });
  }

  /** Bounds what Temporal may take; anything but a refusal or a missing workflow is `unavailable`. */
  async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
    try {
      return await client.connection.withDeadline(Date.now() + milliseconds, work);
    } catch (error) {
      throw error instanceof WorkflowNotFoundError || error instanceof BoonError ? error : unavailable(error);
    }
  }
}

/** Rejects with `unavailable` when Temporal does not answer. */
export async function pingTemporal(client: Client): Promise<void> {
  try {
    const asked = () => client.connection.workflowService.getSystemInfo({});
    await client.connection.withDeadline(Date.now() + PING_PATIENCE, asked);
  } catch (error) {
    throw unavailable(error);
  }
}

function updateId(key: string): string {
  return key.length <= LONGEST_UPDATE_ID ? key : createHash('sha256').update(key).digest('hex');
}
