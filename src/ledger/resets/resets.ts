/** Banked resets and the usage windows that they restore. */
import type { GrantedResets, PlanLimits, Redemption } from '../../contracts/resets/reset.schema.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instantOrNull } from '../postgres/rows.ts';
import { makeLimits } from '../usage/usage-windows.ts';
import { BEFORE_ALL, type ExpiringReset } from './expiring-reset.ts';
import { makeReadResets, type ReadResets, toReset } from './read-resets.ts';
import { makeRedeemReset, type RedeemRequest } from './redeem-resets.ts';
import { makeResetHistory, type ResetHistory } from './reset-history.ts';
import { type DueReminder, dueReminders, noteReminder, type ReminderOutcome } from './reset-reminders.ts';

export type ResetGrantRequest = Write & {
  account_id: AccountId;
  /** 1 to 100. */
  count: number;
  reason: string;
  program?: string | undefined;
  by?: string | undefined;
};

/** No method reads a clock; refusals are BoonErrors; each write may be repeated under its key. */
export interface Resets extends ReadResets, ResetHistory {
  /** Banks so many resets for an account, under the policy in use. */
  grantResets(request: ResetGrantRequest): Promise<Recorded<GrantedResets>>;
  /** What the account may use at a moment. */
  limits(accountId: AccountId, at: Instant): Promise<PlanLimits>;
  /**
   * Spends a reset and restores both windows, in one transaction, once for each request id of an account; grouped
   * with others. Where nothing is used, or no reset is there, nothing is spent and the outcome says so.
   */
  redeemReset(request: RedeemRequest): Promise<Redemption>;

  /** Posts the expiry of at most `limit` resets that expired by `at`; answers how many. */
  expireResets(at: Instant, limit: number): Promise<number>;
  /**
   * Redeems at most `limit` resets at their last moment, of accounts that have switched it on; answers how many, and
   * after which reset the next page begins.
   */
  redeemExpiringResets(
    at: Instant,
    limit: number,
    after?: ExpiringReset,
  ): Promise<{ redeemed: number; next: ExpiringReset | undefined }>;
  /** Banks anew at most `limit` resets that a weekly window, ending by itself, made useless; answers how many. */
  returnDueResets(at: Instant, limit: number): Promise<number>;
  /**
   * Reminders of coming expiries that are due at `at`, of at most `limit` resets, and after which reset the next page
   * begins. The resets of an account that expire at one moment are in one reminder.
   */
  dueReminders(
    at: Instant,
    limit: number,
    after?: ExpiringReset,
  ): Promise<{ due: DueReminder[]; next: ExpiringReset | undefined }>;
  /** Notes what happened to a reminder, so that it is not due again. */
  noteReminder(reminder: DueReminder, outcome: ReminderOutcome, at: Instant): Promise<void>;
  /** The first moment after `after` at which time changes a reset or reminds of one. */
  nextResetMoment(after: Instant): Promise<Instant | undefined>;
}

export function makeResets(database: Database, vault: AddressVault, policyVersion: () => string): Resets {
  return {
    ...makeReadResets(database),
    ...makeResetHistory(database),
    grantResets: makeGrantResets(database, policyVersion),
    limits: makeLimits(database, policyVersion),
    redeemReset: makeRedeemReset(database, policyVersion),
    expireResets: (at, limit) =>
      count(database, 'expire_resets', 'SELECT boon_code.expire_resets($1, $2, $3) AS count', [
        policyVersion(),
        at,
        limit,
      ]),
    redeemExpiringResets: (at, limit, after) =>
      redeemExpiringResets(database, policyVersion(), at, limit, after),
    returnDueResets: (at, limit) =>
      count(database, 'return_due_resets', 'SELECT boon_code.return_due_resets($1, $2) AS count', [
        at,
        limit,
      ]),
    dueReminders: (at, limit, after) => dueReminders(database, vault, at, limit, after),
    noteReminder: (reminder, outcome, at) => noteReminder(database, reminder, outcome, at),
    async nextResetMoment(after) {
      const text = 'SELECT boon_code.next_reset_moment($1) AS moment';
      const row = await queryRow<{ moment: Date | null }>(database, 'next_reset_moment', text, [after]);
      return instantOrNull(row?.moment) ?? undefined;
    },
  };
}

async function count(database: Database, name: string, text: string, values: unknown[]): Promise<number> {
  return Number((await queryRow<{ count: string }>(database, name, text, values))?.count ?? 0);
}

async function redeemExpiringResets(
  database: Database,
  policyVersion: string,
  at: Instant,
  limit: number,
  { expires_at, reset_id }: ExpiringReset = BEFORE_ALL,
): Promise<{ redeemed: number; next: ExpiringReset | undefined }> {
  const row = await queryRow<{ redeemed: string; next_expiry: string | null; next_reset: string }>(
    database,
    'redeem_expiring',
    'SELECT redeemed, next_expiry::text, next_reset FROM boon_code.redeem_expiring($1, $2, $3, $4, $5)',
    [policyVersion, at, expires_at, reset_id, limit],
  );
  if (row === undefined) return { redeemed: 0, next: undefined };
  const { next_expiry, next_reset } = row;
  const next = next_expiry === null ? undefined : { expires_at: next_expiry, reset_id: next_reset };
  return { redeemed: Number(row.redeemed), next };
}

function makeGrantResets(
  database: Database,
  policyVersion: () => string,
): (request: ResetGrantRequest) => Promise<Recorded<GrantedResets>> {
  const grant = makeArrayCall<ResetGrantRequest, GrantedResets>(database, {
    name: 'grant_resets',
    text: 'SELECT i, replayed, result FROM boon_code.grant_resets($1, $2)',
    values: () => [policyVersion()],
    toRow,
    groups: { most: 100, shardOf: (request) => request.account_id },
  });
  return async (request) => {
    const { value, replayed } = await grant(request);
    return { value: { resets: value.resets.map(toReset) }, replayed };
  };
}

function toRow({ key, at, by, ...asked }: ResetGrantRequest, i: number): Record<string, unknown> {
  return { i, key, at, operator: by, input_hash: inputHash(asked), ...asked };
}
