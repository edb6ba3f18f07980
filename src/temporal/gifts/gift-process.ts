/** Gifts' processes on Temporal: what the HTTP server asks of them. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  type AcceptedGift,
  type Gift,
  type GiftActionRequest,
  type GiftAnswer,
  type GiftWorkflow,
  giftWorkflowId,
} from '../../contracts/gifts/gift.ts';
import { acceptedGift, type GiftProcess } from '../../contracts/gifts/gift-process.ts';
import type { GiftId } from '../../domain/ids.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { tokenHash } from '../../ledger/postgres/address-vault.ts';
import { countWorkers } from '../count-workers.ts';
import { refusedBy, unavailable } from '../failure.ts';
import { answeredWithin, PATIENCE } from '../patience.ts';
import { startProcess, withStart } from '../start-process.ts';
import { refreshGifts } from './gift-runs.ts';
import { giftStart, giftStartNow } from './gift-start.ts';

export type GiftProcessOptions = {
  client: Client;
  /** Answers for gifts that have ended and have no process any more; is told which processes were started. */
  ledger: Pick<Ledger, 'findGift' | 'actOnGift' | 'noteGiftStarts'>;
  taskQueue: string;
  clock: () => Date;
  /** How long a caller waits for an action, which includes a worker's work, in milliseconds; 10,000 when left out. */
  actPatience?: number;
};

export const ACT_PATIENCE = 10_000;
const PING_PATIENCE = 2_000;
/** How long after an action on a gift that has ended its process is told, in milliseconds. */
const TOLD_AFTER = 1_000;
/** How often an update is sent that meets a workflow at a bad moment: within a second and a half. */
const MOST_TRIES = 8;
/** The status code of gRPC for such a moment. */
const FAILED_PRECONDITION = 9;
/** A longer key is in an update id as its digest: servers limit ids. */
const LONGEST_UPDATE_ID = 200;

/** The gift as this very call changed it, or `recorded`: what was answered is an earlier call's, or no answer of Boon's. */
type Answer = Gift | 'recorded';

/** Makes the side of Temporal that the HTTP server starts gifts and acts on them by. */
export function createGiftProcess(options: GiftProcessOptions): GiftProcess {
  const { client, ledger, taskQueue, clock, actPatience = ACT_PATIENCE } = options;
  return {
    async start(gift) {
      await answeredWithin(client, PATIENCE, () => start(gift));
    },

    async act(request) {
      const answer = await actInProcess(request);
      if (answer !== undefined && answer !== 'recorded') return { value: answer, replayed: false };
      // The process has ended, in the ledger or, by some mistake, only in Temporal; or the answer is to an earlier
      // sending of the key: the ledger knows that answer, and whether this request is the same.
      return await ledger.actOnGift(request);
    },

    async refresh(giftIds) {
      await refreshGifts(client, giftIds.map(giftWorkflowId));
    },

    ping: () => pingTemporal(client),

    workers: () => countWorkers(client, taskQueue),
  };

  async function start(gift: AcceptedGift): Promise<void> {
    await startProcess(client, taskQueue, giftStart(gift, clock().getTime()));
    note(gift.id);
  }

  /** Nobody waits for it: where it is lost, `reconcile` asks Temporal. */
  function note(giftId: GiftId): void {
    ledger.noteGiftStarts([giftId], clock().toISOString()).catch(() => undefined);
  }

  /**
   * Should its process still run in a moment, it looks at the ledger and ends. Nobody waits for it: it would at its deadline,
   * too. Not at once: one that is just answering who ended the gift would begin that anew.
   */
  function hearOfEnd(giftId: GiftId): void {
    const tell = () => void refreshGifts(client, [giftWorkflowId(giftId)]).catch(() => undefined);
    setTimeout(tell, TOLD_AFTER).unref();
  }

  /** One call, whether the process runs or is still to be started. Undefined when there is none to answer any more. */
  async function actInProcess(request: GiftActionRequest): Promise<Answer | undefined> {
    // What has settled has no process any more.
    if (request.action === 'reverse') return undefined;
    const open = acceptedGift(await ledger.findGift(request.gift_id));
    if (open === undefined) {
      hearOfEnd(request.gift_id);
      return undefined;
    }
    try {
      return await answeredWithin(client, actPatience, () => update(request, open), hasEnded);
    } catch (error) {
      if (hasEnded(error)) return undefined;
      throw error;
    }
  }

  /** Sends the action as an update whose id is its key: however often it is sent, it is done once. */
  async function update(request: GiftActionRequest, open: AcceptedGift): Promise<Answer> {
    const { action, key, at: _, gift_id, token, ...rest } = request;
    // What is in Temporal's history must not open a claim link.
    const given = token === undefined ? rest : { ...rest, token_hash: tokenHash(token) };
    const attempt = randomUUID();
    const send = () => {
      const startWorkflowOperation = withStart(giftStartNow(open), taskQueue, 'lost');
      return client.workflow.executeUpdateWithStart<GiftWorkflow, GiftAnswer, [object]>(action, {
        updateId: updateId(key),
        args: [{ ...given, key, attempt }],
        startWorkflowOperation,
      });
    };
    try {
      const answer = await untilTaken(send);
      note(gift_id);
      const { attempt: answered, ...gift } = answer;
      return answered === attempt ? gift : 'recorded';
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      const refused = refusedBy(error);
      if (refused?.attempt === attempt) throw refused.error;
      return 'recorded';
    }
  }
}

/** Whether a failure says that the process has ended. */
function hasEnded(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError;
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

/**
 * Sends again what met a workflow just as it went on in a new run or its task failed; both pass in a moment. The
 * deadline of the call around it bounds the tries.
 */
async function untilTaken<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const cause = error instanceof ServiceError ? error.cause : undefined;
      if (!isGrpcServiceError(cause) || cause.code !== FAILED_PRECONDITION || tries === MOST_TRIES)
        throw error;
      await sleep(50 * tries);
    }
  }
}

function updateId(key: string): string {
  return key.length <= LONGEST_UPDATE_ID ? key : createHash('sha256').update(key).digest('hex');
}
