/** The ledger on PostgreSQL. */
import { BoonError } from '../contracts/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { VersionedPolicy } from '../domain/policy.ts';
import { makeGrants } from './accounts/grants.ts';
import { makeAccounts } from './accounts/ledger-accounts.ts';
import { makeBilling } from './billing/billing.ts';
import { makeCampaigns } from './campaigns/campaigns.ts';
import { makeAcceptGift } from './gifts/accept-gifts.ts';
import { makeAcceptResetGift } from './gifts/accept-reset-gifts.ts';
import { makeActOnGift, makeAdvanceGifts } from './gifts/change-gifts.ts';
import { makeDueGifts } from './gifts/due-gifts.ts';
import { makeGiftStarts } from './gifts/gift-starts.ts';
import {
  findGift,
  giftAddresses,
  listGifts,
  openGifts,
  overdueGifts,
  refundedGifts,
} from './gifts/read-gifts.ts';
import type { Ledger } from './ledger.ts';
import { makeLetters } from './letters.ts';
import { makeOpenProcesses } from './open-processes.ts';
import { AddressVault } from './postgres/address-vault.ts';
import { openDatabase, queryRow } from './postgres/database.ts';
import { requireOwnKey } from './postgres/encryption-key.ts';
import { instant } from './postgres/rows.ts';
import { makePurchases } from './purchases/purchases.ts';
import { makeRefunds } from './purchases/refunds.ts';
import { makeReferrals } from './referrals/referrals.ts';
import { makeResets } from './resets/resets.ts';
import { makeStuckItems } from './stuck-items.ts';
import { makeMetering } from './usage/metering.ts';
import { verify } from './verify.ts';

/** Transfers in one sealed block. */
const BLOCK_SIZE = 10_000;

export type LedgerOptions = {
  /** PostgreSQL connection string; the schema must be current (see `migrate`). */
  url: string;
  /** 32 bytes for addresses and tokens; every process on one database uses the same. */
  encryptionKey: Buffer;
  /** The policy under which gifts are accepted; call `usePolicy` before the first. */
  policyVersion?: string;
  /** Connections in the pool. */
  connections?: number;
  /** Told how many gifts go to the database in one call, for metrics. */
  onAcceptBatch?: (size: number) => void;
};

/** Opens the ledger. Connections are made when they are needed. */
export function createPostgresLedger(options: LedgerOptions): Ledger {
  const database = openDatabase(options.url, options);
  const vault = new AddressVault(options.encryptionKey);
  let version = options.policyVersion;
  const policyVersion = () => {
    if (version === undefined) throw new BoonError('internal', 'No policy is in use: call usePolicy first.');
    return version;
  };
  const acceptGift = makeAcceptGift(database, vault, policyVersion, options.onAcceptBatch);
  const acceptResetGift = makeAcceptResetGift(database, vault, policyVersion);

  return {
    requireOwnKey: (at) => requireOwnKey(database, vault, at),
    async usePolicy(policy: VersionedPolicy, at: Instant) {
      await queryRow(
        database,
        'use_policy',
        'SELECT boon_code.use_policy($1, $2, $3), boon_code.use_rules($1, $2)',
        [policy.version, JSON.stringify(policy.policy), at],
      );
      version = policy.version;
    },
    ...makeAccounts(database, vault, policyVersion),
    ...makeCampaigns(database, policyVersion),
    ...makeReferrals(database, vault, policyVersion),
    ...makeResets(database, vault, policyVersion),
    ...makeMetering(database, policyVersion),
    ...makeBilling(database, vault),
    ...makePurchases(database, vault, policyVersion),
    ...makeRefunds(database),
    ...makeLetters(database),
    ...makeStuckItems(database, policyVersion),
    ...makeDueGifts(database),
    ...makeGiftStarts(database),
    ...makeOpenProcesses(database),
    ...makeGrants(database),
    acceptGift: (request) => (request.reset_id === undefined ? acceptGift : acceptResetGift)(request),
    actOnGift: makeActOnGift(database),
    ...makeAdvanceGifts(database),
    findGift: (id) => findGift(database, id),
    listGifts: (filter, page) => listGifts(database, filter, page),
    giftAddresses: (ids) => giftAddresses(database, vault, ids),
    async giftAddress(id) {
      const address = (await giftAddresses(database, vault, [id])).get(id);
      if (address === undefined) throw new BoonError('not_found', `There is no transfer by e-mail "${id}".`);
      return address;
    },
    openGifts: (...args) => openGifts(database, ...args),
    overdueGifts: (before, limit, at) => overdueGifts(database, before, limit, at),
    refundedGifts: (accountId, since, limit) => refundedGifts(database, accountId, since, limit),
    async expireLots(at, limit) {
      const row = await queryRow<{ lots: string; amount: string }>(
        database,
        'expire_lots',
        'SELECT lots, amount FROM boon_code.expire_lots($1, $2)',
        [at, limit],
      );
      return { lots: Number(row?.lots ?? 0), amount: row?.amount ?? '0' };
    },
    async sealBlocks(at, goOn = () => true) {
      const last = await queryRow<{ seq: string }>(
        database,
        'sealable_seq',
        'SELECT boon_code.sealable_seq() AS seq',
        [],
      );
      let sealed = 0;
      for (;;) {
        const row = await queryRow<{ made: boolean }>(
          database,
          'seal_block',
          'SELECT boon_code.seal_block($1, $2, $3) AS made',
          [last?.seq ?? 0, BLOCK_SIZE, at],
        );
        if (row?.made !== true) return sealed;
        sealed += 1;
        if (!goOn(sealed)) return sealed;
      }
    },
    async unsealed() {
      const text = 'SELECT transfers, oldest_at FROM boon_code.unsealed()';
      const row = await queryRow<{ transfers: string; oldest_at: Date | null }>(
        database,
        'unsealed',
        text,
        [],
      );
      const oldest = row?.oldest_at ?? null;
      return { transfers: Number(row?.transfers ?? 0), oldest_at: oldest === null ? null : instant(oldest) };
    },
    verify: (progress, options) => verify(database, progress, options),
    async ping() {
      try {
        await database.query('SELECT 1');
      } catch (error) {
        throw new BoonError('unavailable', 'The ledger does not answer.', { cause: error });
      }
    },
    async close() {
      await database.end();
    },
  };
}
