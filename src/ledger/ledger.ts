/** What the ledger offers: one interface, implemented on PostgreSQL (`postgres-ledger.ts`) and nowhere else. */

import type { AcceptedGift, Gift, GiftActionRequest } from '../contracts/gifts/gift.ts';
import type { Credits } from '../domain/credits.ts';
import type { GiftProcesses } from '../domain/gift-processes.ts';
import type { AccountId, GiftId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { VersionedPolicy } from '../domain/policy.ts';
import type { Grants } from './accounts/grants.ts';
import type { Accounts } from './accounts/ledger-accounts.ts';
import type { Billing } from './billing/billing.ts';
import type { Campaigns } from './campaigns/campaigns.ts';
import type { AcceptRequest } from './gifts/accept-gifts.ts';
import type { AdvancedGift } from './gifts/change-gifts.ts';
import type { DueGifts } from './gifts/due-gifts.ts';
import type { GiftStarts } from './gifts/gift-starts.ts';
import type { GiftFilter } from './gifts/read-gifts.ts';
import type { Letters } from './letters.ts';
import type { OpenProcesses } from './open-processes.ts';
import type { Page, PageRequest } from './postgres/page.ts';
import type { Recorded } from './postgres/recorded.ts';
import type { Purchases } from './purchases/purchases.ts';
import type { Refunds } from './purchases/refunds.ts';
import type { Referrals } from './referrals/referrals.ts';
import type { Resets } from './resets/resets.ts';
import type { StuckItems } from './stuck-items.ts';
import type { Metering } from './usage/metering.ts';
import type { VerifyOptions, VerifyReport } from './verify.ts';

/**
 * The ledger. Every method is one round trip; refusals are BoonErrors with a code of `contracts/errors.ts`;
 * a lost database is the code `unavailable`. No method reads a clock.
 */
export interface Ledger
  extends Accounts,
    Grants,
    Campaigns,
    Referrals,
    Resets,
    Metering,
    Billing,
    Purchases,
    Refunds,
    Letters,
    StuckItems,
    DueGifts,
    GiftStarts,
    OpenProcesses {
  /** Stores a policy under its version (idempotent) and returns the version. New gifts are accepted under it. */
  usePolicy(policy: VersionedPolicy, at: Instant): Promise<void>;

  /** Screens, takes the limits, holds the credits and writes the gift, in one transaction; grouped with others. */
  acceptGift(request: AcceptRequest): Promise<Recorded<Gift>>;
  /** Cancel, claim, hold, release, reject, reverse. Grouped with others. */
  actOnGift(request: GiftActionRequest): Promise<Recorded<Gift>>;
  /** Does what time has brought: settles, expires, ends holds. Gifts that are not due come back unchanged. */
  advanceGifts(giftIds: readonly GiftId[], at: Instant): Promise<Gift[]>;
  /** The same of a page of many: only which of them are still open, and until when. */
  advanceGiftPage(giftIds: readonly GiftId[], at: Instant): Promise<AdvancedGift[]>;
  /** One gift through {@link advanceGifts}, grouped with others. */
  advanceGift(giftId: GiftId, at: Instant): Promise<Gift>;
  findGift(giftId: GiftId): Promise<Gift>;
  listGifts(filter: GiftFilter, page: PageRequest): Promise<Page<Gift>>;
  /** The e-mail address and claim token of a gift by e-mail; the token is undefined once it is used. */
  giftAddress(giftId: GiftId): Promise<{ email: string; token: string | undefined }>;
  /** The same for many, in one round trip, keyed by gift id; gifts to accounts are left out. */
  giftAddresses(
    giftIds: readonly GiftId[],
  ): Promise<Map<GiftId, { email: string; token: string | undefined }>>;

  /**
   * Open gifts accepted before `before` (and from `after` on), by deadline, for `reconcile`: all of them, or those whose
   * process nobody told to be started. With `batched` without the quiet ones, which have none.
   */
  openGifts(
    before: Instant,
    page: PageRequest,
    after?: Instant,
    which?: 'all' | 'not started',
    processes?: GiftProcesses,
  ): Promise<Page<AcceptedGift>>;
  /** Open gifts whose deadline passed before `before`; with `at` without those that are stuck until later. */
  overdueGifts(before: Instant, limit: number, at?: Instant): Promise<GiftId[]>;
  /** An account's gifts that ended at `since` or later because the money for them went back, the latest first. */
  refundedGifts(accountId: AccountId, since: Instant, limit: number): Promise<GiftId[]>;

  /** Posts the expiry of at most `limit` lots that expired by `at`. */
  expireLots(at: Instant, limit: number): Promise<{ lots: number; amount: Credits }>;
  /**
   * Seals the transfers since the last block into hash-chained blocks, one after the other, until `goOn`, which hears how
   * many were made, says no; returns how many.
   */
  sealBlocks(at: Instant, goOn?: (blocks: number) => boolean): Promise<number>;
  /** How many transfers are in no block, and since when the oldest of them stands there. */
  unsealed(): Promise<{ transfers: number; oldest_at: Instant | null }>;
  /** Proves every invariant from the rows; `progress` is called with the name of each check as it begins. */
  verify(progress?: (check: string) => void, options?: VerifyOptions): Promise<VerifyReport>;

  /** Rejects with `unavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
