/** What people do to a running gift: its updates and query, described so that they can be sent from the Web UI. */
import { type ApplicationFailure, log, setHandler, workflowInfo } from '@temporalio/workflow';
import type {
  CancelGift,
  ClaimGift,
  GiftActionRequest,
  GiftAnswer,
  ReleaseGift,
  UpdateCall,
} from '../../contracts/gifts/gift.ts';
import {
  acceptGiftUpdate,
  cancelGiftUpdate,
  claimGiftUpdate,
  giftStatusQuery,
  holdGiftUpdate,
  refreshGiftUpdate,
  rejectGiftUpdate,
  releaseGiftUpdate,
} from '../../contracts/gifts/gift-messages.ts';
import { BY_TEMPORAL, checkArguments } from '../arguments.ts';
import { onCancelRequest } from '../cancel-request.ts';
import { refusalOf } from '../refusal.ts';
import { shielded, updateKey } from '../updates.ts';
import type { OpenGift } from './state.ts';

type Action = Omit<GiftActionRequest, 'key' | 'gift_id' | 'at'>;

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handleGiftMessages(gift: OpenGift): void {
  setHandler(giftStatusQuery, () => gift.progress, {
    description: 'What the process knows of its gift; null until it is accepted.',
  });
  setHandler(
    holdGiftUpdate,
    (given) => act(gift, given, { action: 'hold', reason: given.reason, by: given.by ?? BY_TEMPORAL }),
    {
      description:
        'Hold: stops the clock; ends by itself after at most 14 days. Input: {"reason":"why","by":"your name"}',
      validator: (given) => checkArguments('hold', '{"reason":"why"}', given, ['reason', 'by?']),
    },
  );
  setHandler(
    releaseGiftUpdate,
    (given: ReleaseGift = {}) =>
      act(gift, given, { action: 'release', reason: given.reason, by: given.by ?? BY_TEMPORAL }),
    {
      description:
        'Release a held gift: its clock continues. Input: {} or {"reason":"looked at","by":"your name"}',
      validator: (given?: ReleaseGift) =>
        checkArguments('release', '{"reason":"looked at"}', given, ['reason?', 'by?']),
    },
  );
  setHandler(
    rejectGiftUpdate,
    (given) => act(gift, given, { action: 'reject', reason: given.reason, by: given.by ?? BY_TEMPORAL }),
    {
      description: 'Reject: the credits go back to their sender. Input: {"reason":"why","by":"your name"}',
      validator: (given) => checkArguments('reject', '{"reason":"why"}', given, ['reason', 'by?']),
    },
  );
  setHandler(
    cancelGiftUpdate,
    (given: CancelGift = {}) =>
      act(gift, given, { action: 'cancel', reason: given.reason, by: given.by ?? BY_TEMPORAL }),
    {
      description:
        'Cancel: the credits go back to the lots they came from. Input: {} or {"reason":"changed my mind"}',
      validator: (given?: CancelGift) =>
        checkArguments('cancel', '{"reason":"changed my mind"}', given, ['reason?', 'by?']),
    },
  );
  setHandler(
    claimGiftUpdate,
    ({ token, token_hash, account_id, by, ...call }) =>
      act(gift, call, { action: 'claim', token, token_hash, account_id, by }),
    {
      description:
        'Claim a gift by e-mail, with the token of its link. Input: {"token":"…","account_id":"user_bob"}',
      validator: (given?: ClaimGift) => {
        const proof = given?.token_hash === undefined ? 'token' : 'token_hash';
        checkArguments('claim', '{"token":"…","account_id":"user_bob"}', given, [proof, 'account_id', 'by?']);
      },
    },
  );
  setHandler(refreshGiftUpdate, () => shielded(() => gift.refresh()), {
    description: 'Looks at the ledger again, after an account was unfrozen for instance. No input.',
  });
  setHandler(acceptGiftUpdate, () => shielded(() => gift.accepted()), {
    description: 'Answers the gift once the ledger has accepted it, or fails with the refusal. No input.',
  });
  onCancelRequest(() => cancelledThroughTemporal(gift));
}

async function act(gift: OpenGift, call: UpdateCall, action: Action): Promise<GiftAnswer> {
  const key = call.key ?? updateKey();
  const { attempt } = call;
  try {
    const { value, replayed } = await shielded(() => gift.act({ ...action, key }));
    return attempt === undefined || replayed ? value : { ...value, attempt };
  } catch (error) {
    throw refusalOf(error, attempt);
  }
}

/** "Request Cancellation" in the Web UI, or a client's `handle.cancel()`: cancels the gift, not just its process. */
async function cancelledThroughTemporal(gift: OpenGift): Promise<void> {
  const key = `${workflowInfo().workflowId}:cancel-request`;
  const reason = 'cancellation requested of the workflow';
  try {
    await shielded(() => gift.act({ action: 'cancel', key, reason, by: BY_TEMPORAL }));
  } catch (refused) {
    log.info('A cancellation request was refused', { code: (refused as ApplicationFailure).type });
  }
}
