/** What the model knows of accounts, lots and gifts. Times are epoch milliseconds, amounts micro-credits. */
import type { ErrorCode } from '../../src/contracts/error-codes.ts';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { formatCredits } from '../../src/domain/credits.ts';
import type { GiftReason } from '../../src/domain/gift-reasons.ts';
import type { GiftStatus } from '../../src/domain/gift-status.ts';
import type { LotSource } from '../../src/domain/lot.ts';
import type { GiftPolicy } from '../../src/domain/policy.ts';

export type ModelAccount = {
  id: string;
  kind: 'person' | 'organisation';
  status: 'active' | 'frozen' | 'closed';
  email: string | null;
  verified: boolean;
  createdAt: number;
  fingerprints: string[];
};

export type ModelLot = {
  id: bigint;
  account: string;
  source: LotSource;
  granted: bigint;
  remaining: bigint;
  grantedAt: number;
  expiresAt: number | null;
  /** When it would have expired, had it not had its time of grace. */
  firstExpiresAt?: number | null;
  /** The lot that it goes on from. */
  continues?: ModelLot;
  giftable: boolean;
};

export type Slice = { lot: ModelLot; amount: bigint };

export type ModelGift = {
  id: string;
  status: GiftStatus;
  from: string;
  to: string | null;
  email: string | null;
  payer: string;
  amount: bigint;
  policy: { version: string; gifts: GiftPolicy };
  createdAt: number;
  settlesAt: number;
  claimExpiresAt: number | null;
  settledAt: number | null;
  endedAt: number | null;
  claimedAt: number | null;
  hold: { at: number; endsAt: number } | null;
  heldBy: 'operator' | 'freeze' | 'screening' | null;
  heldFrom: 'awaiting_claim' | 'pending';
  releasedBy: 'operator' | 'unfreeze' | 'time' | null;
  reasonCode: GiftReason | null;
  reason: string | null;
  /** What the hold took, and what settlement made of each slice. */
  slices: Slice[];
  received: { lot: ModelLot; source: ModelLot }[];
  recovered: bigint | null;
};

/** A refusal as a caller sees it. */
export type Refused = { code: ErrorCode; reasonCode?: string };
export type Answer<T> = { value: T } | { refused: Refused };

export function refuse(code: ErrorCode, reasonCode?: string): { refused: Refused } {
  return { refused: reasonCode === undefined ? { code } : { code, reasonCode } };
}

/** Durations of the model's policies have no months: those are tested apart. */
export function milliseconds(duration: string): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  if (parts === null) throw new Error(`the model does not know ${duration}`);
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
}

export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null | undefined) =>
  time === null || time === undefined ? null : iso(time);

/** Whether the gift still counts: it has not come to nothing. */
export function lives(gift: ModelGift): boolean {
  return gift.status !== 'canceled' && gift.status !== 'expired' && gift.status !== 'rejected';
}

/** When time changes it next. */
export function deadlineOf(gift: ModelGift): number | null {
  if (gift.status === 'pending') return gift.settlesAt;
  if (gift.status === 'awaiting_claim') return gift.claimExpiresAt;
  return gift.status === 'held' ? (gift.hold?.endsAt ?? null) : null;
}

/** The gift as the ledger's answers show it. */
export function viewOf(gift: ModelGift): Gift {
  return {
    id: gift.id,
    status: gift.status,
    from: gift.from,
    to: gift.to,
    by_email: gift.email !== null,
    amount: formatCredits(gift.amount),
    funding: gift.payer === PROMOTIONAL_BUDGET ? 'promotional' : 'transfer',
    message: null,
    policy_version: gift.policy.version,
    created_at: iso(gift.createdAt),
    settles_at: iso(gift.settlesAt),
    claim_expires_at: isoOrNull(gift.claimExpiresAt),
    hold_ends_at: isoOrNull(gift.hold?.endsAt),
    settled_at: isoOrNull(gift.settledAt),
    reason_code: gift.reasonCode,
    reason: gift.reason,
    deadline: isoOrNull(deadlineOf(gift)),
    reversal:
      gift.recovered === null
        ? null
        : {
            recovered: formatCredits(gift.recovered),
            unrecovered: formatCredits(gift.amount - gift.recovered),
          },
  };
}
