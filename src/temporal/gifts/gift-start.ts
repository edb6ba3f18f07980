/** How a gift's process is started. */
import {
  type AcceptedGift,
  GIFT_WORKFLOW,
  type GiftWorkflow,
  giftWorkflowId,
} from '../../contracts/gifts/gift.ts';
import { giftOutlook, giftSummary } from '../../contracts/gifts/gift-card.ts';
import { giftFoundBy } from '../../contracts/gifts/gift-search-attributes.ts';
import type { ProcessStart } from '../start-process.ts';

/**
 * The start of an accepted gift's process. Up to its deadline it costs nothing: no task, no timer.
 * @param now epoch milliseconds.
 */
export function giftStart(gift: AcceptedGift, now: number): ProcessStart<GiftWorkflow> {
  // A gift by e-mail begins with the mail; every other one with its deadline.
  const delay = gift.status === 'awaiting_claim' ? 0 : Date.parse(gift.deadline) - now;
  return {
    workflow: GIFT_WORKFLOW,
    workflowId: giftWorkflowId(gift.id),
    args: [{ accepted: onlyNeeded(gift) }],
    runs: 'once',
    ...(delay > 0 ? { startDelay: delay } : {}),
    foundBy: giftFoundBy(gift),
    staticSummary: giftSummary(gift),
    staticDetails: giftOutlook(gift),
  };
}

/** The same with what is asked of it, where it does not run: at once, for an update needs it awake. */
export function giftStartNow(gift: AcceptedGift): ProcessStart<GiftWorkflow> {
  return giftStart(gift, Date.parse(gift.deadline));
}

/** Leaves out what a caller's gift may hold beside: every field is a cost in history, and may say too much. */
function onlyNeeded(gift: AcceptedGift): AcceptedGift {
  const { id, from, to, by_email, amount, reset_id, funding, settles_at, deadline, status } = gift;
  const reset = reset_id === undefined ? {} : { reset_id };
  return { id, from, to, by_email, amount, ...reset, funding, settles_at, deadline, status };
}
