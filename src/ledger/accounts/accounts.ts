/** Accounts, and what an account owns: balance, statement, what it may give. */

import type { Account, AccountPatch, AccountPut } from '../../contracts/accounts/account.schema.ts';
import type { Balance, Gifting, Lot, Movement } from '../../contracts/accounts/holding.schema.ts';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError, type FieldError } from '../../contracts/errors.ts';
import { fixOf } from '../../contracts/fixes.ts';
import { formatCredits } from '../../domain/credits.ts';
import type { GiftRefusalReason } from '../../domain/gift-reasons.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { DIGITS, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant, toLot } from '../postgres/rows.ts';
import { type AccountView, type StoredAccount, toAccount, toStored } from './account-view.ts';
import { isDisposable } from './disposable-address.ts';
import { ofKnownAccount } from './known-account.ts';

/** An account, and what stands for this very state of it (RFC 9110, without its quotes). */
export type TaggedAccount = { account: Account; etag: string };

/** The same, and whether it is a new one. */
export type PutAccount = TaggedAccount & { made: boolean };

/** Tags of which the account must have one, or `*`: it must be there. */
export type IfMatch = readonly string[];

/** The function behind `Ledger.putAccount`. */
export async function putAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
  put: AccountPut,
  at: Instant,
  ifMatch?: IfMatch,
): Promise<PutAccount> {
  const text = 'SELECT boon_code.describe_account($1, $2, $3) AS answer';
  const values = [id, toStoredFields(put, vault, ifMatch), at];
  const row = await queryRow<Described>(database, 'put_account', text, values);
  return { ...described(id, vault, row), made: row?.answer.made === true };
}

/** Changes what `patch` names of an account that is there. @throws BoonError `not_found`, or as {@link putAccount} does */
export async function changeAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
  patch: AccountPatch,
  at: Instant,
  ifMatch?: IfMatch,
): Promise<TaggedAccount> {
  const text = 'SELECT boon_code.change_account($1, $2, $3) AS answer';
  const values = [id, toStoredFields(patch, vault, ifMatch), at];
  return described(id, vault, await queryRow<Described>(database, 'change_account', text, values));
}

/** The fields as the ledger keeps them, as JSON: an address sealed, a fingerprint as its digest. */
function toStoredFields(
  { email, fingerprints, ...rest }: AccountPatch,
  vault: AddressVault,
  if_match?: IfMatch,
): string {
  const stored: Record<string, unknown> = { ...rest, if_match };
  if (email !== undefined) {
    stored.email_index = email === null ? null : vault.indexOf(email);
    stored.email_sealed = email === null ? null : vault.seal(email);
    stored.email_disposable = email !== null && isDisposable(email);
  }
  if (fingerprints !== undefined)
    stored.fingerprints = fingerprints.map((fingerprint) => fingerprintIndex(vault, fingerprint));
  return JSON.stringify(stored);
}

type Described = {
  answer: {
    account?: AccountView;
    etag?: string;
    made?: boolean;
    refused?: FieldError;
    has_changed?: boolean;
  };
};

function described(id: AccountId, vault: AddressVault, row: Described | undefined): TaggedAccount {
  if (row === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
  const { account, etag, refused, has_changed } = row.answer;
  if (account !== undefined && etag !== undefined) return { account: toAccount(account, vault), etag };
  if (has_changed === true)
    throw new BoonError('precondition_failed', `The account "${id}" is not what If-Match says.`);
  if (refused === undefined) throw new BoonError('not_found', `There is no account "${id}".`);
  const { path, message } = refused;
  throw new BoonError('validation_failed', `${path}: ${message}.`, { errors: [{ path, message }] });
}

/** The keyed digest of a fingerprint; what kind it is stays readable where a refusal names it. */
function fingerprintIndex(vault: AddressVault, fingerprint: string): string {
  const kind = /^(card|device):/i.exec(fingerprint)?.[0].toLowerCase() ?? '';
  return kind + vault.indexOf(fingerprint);
}

/** The function behind `Ledger.findAccount`. */
export async function findAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
): Promise<StoredAccount> {
  const { billing_month, billing_day_from, ...stored } = await viewOf(database, id, null);
  return toStored(stored, vault);
}

/** An account as it stands, with the billing month that runs at `at`. */
export async function showAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
  at: Instant,
): Promise<TaggedAccount> {
  const text = 'SELECT boon_code.account_view($1, $2) AS account, boon_code.account_etag($1, $2) AS etag';
  const row = await queryRow<{ account: AccountView | null; etag: string }>(database, 'show_account', text, [
    id,
    at,
  ]);
  if (!row?.account) throw new BoonError('not_found', `There is no account "${id}".`);
  return { account: toAccount(row.account, vault), etag: row.etag };
}

async function viewOf(database: Database, id: AccountId, at: Instant | null): Promise<AccountView> {
  const text = 'SELECT boon_code.account_view($1, $2) AS account';
  const row = await queryRow<{ account: AccountView | null }>(database, 'account_view', text, [id, at]);
  if (!row?.account) throw new BoonError('not_found', `There is no account "${id}".`);
  return row.account;
}

/** A limit out of micro-credits; null is none. */
export function limitText(micro: string | null): string | null {
  return micro === null ? null : formatCredits(BigInt(micro));
}

/**
 * The balance at `at`, read off the open lots; with `asOf`, what the entries effective by that past moment add up
 * to. A lot past its expiry is not available.
 */
export async function balance(
  database: Database,
  id: AccountId,
  at: Instant,
  asOf?: Instant,
): Promise<Balance> {
  const row =
    asOf === undefined
      ? await queryRow<{ balance: Balance | null }>(
          database,
          'balance',
          'SELECT boon_code.balance($1, $2) AS balance',
          [id, at],
        )
      : await queryRow<{ balance: Balance | null }>(
          database,
          'balance_as_of',
          'SELECT boon_code.balance_as_of($1, $2) AS balance',
          [id, asOf],
        );
  if (row === undefined || row.balance === null)
    throw new BoonError('not_found', `There is no account "${id}".`);
  return {
    ...row.balance,
    as_of: instant(row.balance.as_of),
    lots: row.balance.lots.map((lot: Lot) => toLot(lot)),
  };
}

/** Newest first. */
const STATEMENT = `
  SELECT e.transfer::text || '-' || e.slice AS id, e.effective_at AS at, e.kind, boon_code.credits(e.amount) AS amount,
    boon_code.credits(e.balance_after) AS balance_after, e.lot_id::text AS lot_id, e.reference, e.transfer, e.slice, t.recorded_at
  FROM boon.entries e JOIN boon.transfers t ON t.seq = e.transfer
  WHERE e.account_id = $1 AND ($2::bigint IS NULL OR (e.transfer, e.slice) < ($2, $3::int))
  ORDER BY e.transfer DESC, e.slice DESC LIMIT $4`;

type MovementRow = Omit<Movement, 'at' | 'recorded_at'> & {
  at: Date;
  recorded_at: Date;
  transfer: string;
  slice: number;
};

/** The function behind `Ledger.statement`. */
export async function statement(
  database: Database,
  id: AccountId,
  page: PageRequest,
): Promise<Page<Movement>> {
  const [transfer, slice] =
    page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [DIGITS, /^\d{1,9}$/]);
  const rows = await queryRows<MovementRow>(database, 'statement', STATEMENT, [
    id,
    transfer,
    slice,
    page.limit + 1,
  ]);
  return ofKnownAccount(
    database,
    id,
    toPage(
      rows,
      page.limit,
      (row) => [row.transfer, String(row.slice)],
      ({ at, recorded_at, transfer: _transfer, slice: _slice, ...movement }) => ({
        ...movement,
        at: instant(at),
        recorded_at: instant(recorded_at),
      }),
    ),
  );
}

type GiftingReason = { code: string; detail: string; reason_code?: GiftRefusalReason };

/** What the account may give at a moment. The reasons are those that an acceptance would refuse with. */
export async function gifting(
  database: Database,
  id: AccountId,
  policyVersion: string,
  at: Instant,
): Promise<Gifting> {
  const row = await queryRow<{ gifting: (Omit<Gifting, 'reasons'> & { reasons: GiftingReason[] }) | null }>(
    database,
    'gifting',
    'SELECT boon_code.gifting($1, $2, $3) AS gifting',
    [policyVersion, id, at],
  );
  if (row === undefined || row.gifting === null)
    throw new BoonError('not_found', `There is no account "${id}".`);
  const { reasons, per_day, per_month, promotional, ...rest } = row.gifting;
  const inOurSpelling = (allowance: Gifting['per_day']) => ({
    ...allowance,
    resets_at: instant(allowance.resets_at),
  });
  return {
    ...rest,
    per_day: inOurSpelling(per_day),
    per_month: inOurSpelling(per_month),
    promotional: inOurSpelling(promotional),
    reasons: reasons.map((reason) => ({
      code: reason.reason_code ?? reason.code,
      detail: reason.detail,
      fix: fixOf(reason.code as ErrorCode, reason.reason_code),
    })),
  };
}
