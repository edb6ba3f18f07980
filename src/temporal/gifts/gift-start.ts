/** How a gift's process is started. */
import type { WorkflowStartOptions } from '@temporalio/client';
import { type AcceptedGift, type GiftWorkflow, giftWorkflowId } from '../../contracts/gifts/gift.ts';
import { giftOutlook, giftSummary } from '../../contracts/gifts/gift-card.ts';
import { giftSearchAttributes } from '../../contracts/gifts/gift-search-attributes.ts';

/**
 * Options that start the process of an accepted gift. Up to its deadline it costs nothing: no task, no timer.
 * @param now epoch milliseconds.
 */
export function giftStartOptions(
  gift: AcceptedGift,
  taskQueue: string,
  now: number,
): WorkflowStartOptions<GiftWorkflow> {
  const delay = gift.status === 'awaiting_claim' ? 0 : Date.parse(gift.deadline) - now;
  return {
    taskQueue,
    workflowId: giftWorkflowId(gift.id),
    args: [{ accepted: onlyNeeded(gift) }],
    // One process a gift, for ever; a second start of a running one is the same start.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    // A gift by e-mail begins with the mail; every other one with its deadline.
    ...(delay > 0 ? { startDelay: delay } : {}),
    typedSearchAttributes: giftSearchAttributes(gift),
    staticSummary: giftSummary(gift),
    staticDetails: giftOutlook(gift),
  };
}

/**
 * Options that start the process with what is asked of it, where it does not run: at once, for an update needs it awake. One
 * that was terminated or failed begins again; one that completed has done its work.
 */
export function giftActOptions(gift: AcceptedGift, taskQueue: string) {
  return {
    ...giftStartOptions(gift, taskQueue, Date.parse(gift.deadline)),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    workflowIdConflictPolicy: 'USE_EXISTING',
  } as const;
}

/** Leaves out what a caller's gift may hold beside: every field is a cost in history, and may say too much. */
function onlyNeeded(gift: AcceptedGift): AcceptedGift {
  const { id, from, to, by_email, amount, reset_id, funding, settles_at, deadline, status } = gift;
  const reset = reset_id === undefined ? {} : { reset_id };
  return { id, from, to, by_email, amount, ...reset, funding, settles_at, deadline, status };
}
