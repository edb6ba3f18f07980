/**
 * The `gift` workflow as seen from outside: its id, input, messages and results. Plain JSON only; amounts are
 * decimal strings of credits, times RFC 3339 UTC. An e-mail address never stands in these types: it stays in
 * the ledger.
 */
import type { Credits } from '../../domain/credits.ts';
import type { GiftReason } from '../../domain/gift-reasons.ts';
import type { GiftAction, GiftStatus } from '../../domain/gift-status.ts';
import type { AccountId, GiftId, ResetId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';

export const GIFT_WORKFLOW = 'gift';

/** The workflow id of a gift: `gift/<giftId>`. */
export function giftWorkflowId(giftId: GiftId): string {
  return `gift/${giftId}`;
}

/** The gift id of a workflow id, or `undefined` when it is not a gift's: 1 to 64 letters, digits, `_` or `-`. */
export function giftIdOf(workflowId: string): string | undefined {
  return /^gift\/([A-Za-z0-9_-]{1,64})$/.exec(workflowId)?.[1];
}

export type Funding = 'transfer' | 'promotional';

/** A gift as the ledger tells it; also the answer of every update. */
export type Gift = {
  id: GiftId;
  status: GiftStatus;
  from: AccountId;
  /** The recipient's account; null while a gift by e-mail is unclaimed. */
  to: AccountId | null;
  by_email: boolean;
  amount: Credits;
  /** Instead of credits: the banked reset that is given; the amount is zero then. */
  reset_id?: ResetId;
  funding: Funding;
  message: string | null;
  policy_version: string;
  created_at: Instant;
  /** When it settles unless something happens; moved by a hold. */
  settles_at: Instant;
  claim_expires_at: Instant | null;
  /** Set while held: when the hold ends by itself. */
  hold_ends_at: Instant | null;
  settled_at: Instant | null;
  /** Why it is held, was rejected, canceled or reversed. */
  reason_code: GiftReason | null;
  /** What an operator wrote. */
  reason: string | null;
  /** The next moment at which time changes it; null when it has ended. */
  deadline: Instant | null;
  /** After a reversal: what came back and what was already spent. */
  reversal: { recovered: Credits; unrecovered: Credits } | null;
};

/** Whether the link of a gift by e-mail still works at a moment, whether or not its end is noted yet. */
export function isToBeClaimed(
  { status, claim_expires_at }: Pick<Gift, 'status' | 'claim_expires_at'>,
  at: Instant,
): boolean {
  return status === 'awaiting_claim' && claim_expires_at !== null && claim_expires_at > at;
}

/** What is given, in words. */
export function givenText({ amount, reset_id }: Pick<Gift, 'amount' | 'reset_id'>): string {
  return reset_id === undefined ? `${amount} credits` : '1 banked reset';
}

/** What a sender asks for. */
export type GiftRequest = {
  from: AccountId;
  to: AccountId;
  amount: Credits;
  funding?: Funding;
  message?: string;
};

/**
 * Input of `gift`. Through the API the ledger has accepted the gift before the workflow starts (`accepted`);
 * a backend or the `temporal` command may instead start the workflow with a `request`, which it then has
 * accepted as its first step. A gift by e-mail goes through the API, so that the address never reaches Temporal. Whoever has
 * no more than the id of a gift that the ledger knows starts it with `open`: it reads its gift there.
 */
export type GiftInput =
  | { accepted: AcceptedGift; claim_mail?: ClaimMail }
  | { request: GiftRequest }
  | { open: true };

/** What happened to the mail with the claim link; carried along when the process continues as new. */
export type ClaimMail = 'sent' | 'not_needed' | 'failed';

/** What the process must know of an accepted gift. */
export type AcceptedGift = Pick<
  Gift,
  'id' | 'from' | 'to' | 'by_email' | 'amount' | 'reset_id' | 'funding' | 'settles_at'
> & {
  deadline: Instant;
  status: GiftStatus;
};

/** The part of a gift that changes after acceptance. What is null, or no longer matters, is left out. */
export type GiftStanding = Pick<Gift, 'status'> &
  Partial<
    Pick<Gift, 'to' | 'settles_at' | 'deadline' | 'hold_ends_at' | 'settled_at' | 'reason_code' | 'reason'>
  >;

/** What the process knows of its gift: the answer of the query `status`. */
export type GiftProgress = Pick<
  Gift,
  'id' | 'from' | 'by_email' | 'amount' | 'reset_id' | 'funding' | 'settles_at'
> &
  GiftStanding;

/** The changing part of a gift: as little as tells it, for it stands in every gift's history. */
export function standingOf(gift: Gift): GiftStanding {
  const standing: GiftStanding = { status: gift.status };
  if (gift.deadline !== null) {
    standing.deadline = gift.deadline;
    standing.settles_at = gift.settles_at;
    if (gift.to !== null) standing.to = gift.to;
  }
  if (gift.hold_ends_at !== null) standing.hold_ends_at = gift.hold_ends_at;
  if (gift.settled_at !== null) standing.settled_at = gift.settled_at;
  if (gift.reason_code !== null) standing.reason_code = gift.reason_code;
  if (gift.reason !== null) standing.reason = gift.reason;
  return standing;
}

/** What the workflow ends with. The whole gift stands in the ledger. */
export type GiftResult = { status: GiftStatus; settled_at?: Instant };

/** The workflow itself, for typed clients: `client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, …)`. */
export type GiftWorkflow = (input: GiftInput) => Promise<GiftResult>;

/**
 * Names of the updates. `accept` answers once the gift is accepted or refused (for update-with-start); `refresh` has
 * the process look at the ledger again, where an account was unfrozen or `reconcile` advanced the gift.
 */
export const GIFT_UPDATES = {
  accept: 'accept',
  cancel: 'cancel',
  claim: 'claim',
  hold: 'hold',
  release: 'release',
  reject: 'reject',
  refresh: 'refresh',
} as const;
export const GIFT_STATUS_QUERY = 'status';

/**
 * What every update may carry beside its own arguments. `key`: the ledger's key of the action (default: made of
 * the update id). `attempt`: any text; it comes back only with the first answer, so that a caller who repeats an
 * update id sees that its answer is a recorded one.
 */
export type UpdateCall = { key?: string; attempt?: string };

/** Arguments of the updates; each fits in the Web UI's input box. */
export type CancelGift = UpdateCall & { reason?: string; by?: string };
/** With the token of the link, or with its SHA-256 in hex, as the API sends it. */
export type ClaimGift = UpdateCall & {
  account_id: AccountId;
  token?: string;
  token_hash?: string;
  by?: string;
};
export type OperateGift = UpdateCall & { reason: string; by?: string };
export type ReleaseGift = UpdateCall & { reason?: string; by?: string };

/** The answer of an update: the gift, and the caller's `attempt` when this call made the change. */
export type GiftAnswer = Gift & { attempt?: string };

/** One action on one gift, as the ledger takes it. `key` is the business key of the write. */
export type GiftActionRequest = {
  key: string;
  gift_id: GiftId;
  action: GiftAction;
  /** Epoch time of the action, RFC 3339. */
  at: Instant;
  reason?: string | undefined;
  by?: string | undefined;
  token?: string | undefined;
  /** Instead of `token`: its SHA-256, hex. The token itself would stand in Temporal's history. */
  token_hash?: string | undefined;
  account_id?: AccountId | undefined;
};
