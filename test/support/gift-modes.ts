/** The same tests where each gift has its workflow, and where quiet ones are settled together. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import {
  GIFT_WORKFLOW,
  type Gift,
  type GiftWorkflow,
  giftWorkflowId,
} from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import { SETTLEMENT_WORKFLOW, type SettlementReport, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { type GiftProcesses, hasProcess } from '../../src/domain/gift-processes.ts';
import type { GiftRig } from './gift-rig.ts';
import { newGiftId, newKey } from './test-ledger.ts';

const PATIENCE = 100_000;

/** The rig as it is, or one whose quiet gifts have no workflows until somebody acts on them. */
export function inMode(rig: GiftRig, processes: GiftProcesses): GiftRig {
  return processes === 'each' ? rig : batched(rig);
}

function batched(rig: GiftRig): GiftRig {
  return {
    ...rig,
    async give(request) {
      const { value: gift } = await rig.ledger.acceptGift({
        key: newKey('accept'),
        id: newGiftId(),
        at: await rig.now(),
        funding: 'transfer',
        message: null,
        ...request,
      });
      const open = acceptedGift(gift);
      if (open !== undefined && hasProcess('batched', open)) await rig.process.start(open);
      return gift;
    },
    async until(gift, status) {
      const end = Date.now() + PATIENCE;
      for (;;) {
        await settleWhatIsDue(rig);
        const found = await rig.ledger.findGift(gift.id).catch(() => undefined);
        if (found?.status === status) return found;
        if (Date.now() > end) throw new Error(`The gift is ${found?.status}, not ${status}`);
        await pause(50);
      }
    },
    async untilClosed(gift) {
      try {
        await rig.untilClosed(gift);
        rig.replayLater(giftWorkflowId(gift.id));
      } catch (error) {
        // Nobody has acted on it: it has none.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}

/** What the next run of the schedule `boon-settlement` does. */
async function settleWhatIsDue(rig: GiftRig): Promise<void> {
  const due = await rig.ledger.dueGifts(await rig.now(), 1, { part: 0, of: 1 });
  if (due.length > 0) await settleTogether(rig);
}

/** A run of the schedule `boon-settlement`. */
export async function settleTogether(rig: GiftRig): Promise<SettlementReport> {
  const workflowId = `${SETTLEMENT_WORKFLOW}-${randomUUID()}`;
  rig.replayLater(workflowId);
  return await rig.client.workflow.execute(SETTLEMENT_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId });
}

/** The gift's workflow, started as an operator would in the Web UI where it does not run. */
export async function opened(rig: GiftRig, gift: Pick<Gift, 'id'>) {
  const workflowId = giftWorkflowId(gift.id);
  rig.replayLater(workflowId);
  return await rig.client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [{ open: true }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}
