/** The updates and the query of `gift`, typed: for workflow code and for TypeScript backends that use a Temporal client. */

import { defineQuery, defineUpdate } from '../message-definitions.ts';
import {
  type CancelGift,
  type ClaimGift,
  GIFT_STATUS_QUERY,
  GIFT_UPDATES,
  type Gift,
  type GiftAnswer,
  type GiftProgress,
  type OperateGift,
  type ReleaseGift,
} from './gift.ts';

/** Answers once the gift is accepted, or fails with the refusal; for update-with-start. */
export const acceptGiftUpdate = defineUpdate<Gift>(GIFT_UPDATES.accept);
export const cancelGiftUpdate = defineUpdate<GiftAnswer, [CancelGift?]>(GIFT_UPDATES.cancel);
export const claimGiftUpdate = defineUpdate<GiftAnswer, [ClaimGift]>(GIFT_UPDATES.claim);
export const holdGiftUpdate = defineUpdate<GiftAnswer, [OperateGift]>(GIFT_UPDATES.hold);
export const releaseGiftUpdate = defineUpdate<GiftAnswer, [ReleaseGift?]>(GIFT_UPDATES.release);
export const rejectGiftUpdate = defineUpdate<GiftAnswer, [OperateGift]>(GIFT_UPDATES.reject);
/** Has the process look at the ledger again; answers what it then knows. */
export const refreshGiftUpdate = defineUpdate<GiftProgress>(GIFT_UPDATES.refresh);

/** What the process knows; null until the gift is accepted. Before a delayed start no query is answered. */
export const giftStatusQuery = defineQuery<GiftProgress | null>(GIFT_STATUS_QUERY);
