/** Accounts, and what an account owns: balance, statement, what it may give. */

import type { Account, AccountPatch, AccountPut, Gifting } from '../../contracts/accounts/account.schema.ts';
import { ERRORS, type ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError, type FieldError } from '../../contracts/errors.ts';
import { formatCredits } from '../../domain/credits.ts';
import type { GiftRefusalReason } from '../../domain/gift-reasons.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import { instant } from '../postgres/rows.ts';
import { type AccountView, type StoredAccount, toAccount, toStored } from './account-view.ts';
import { isDisposable } from './disposable-address.ts';

/** The account, and whether it is a new one. */
export type PutAccount = { account: Account; made: boolean };

/** The function behind `Ledger.putAccount`. */
export async function putAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
  put: AccountPut,
  at: Instant,
): Promise<PutAccount> {
  const text = 'SELECT boon_code.describe_account($1, $2, $3) AS answer';
  const values = [id, toStoredFields(put, vault), at];
  const row = await queryRow<Described>(database, 'put_account', text, values);
  return { account: described(id, vault, row), made: row?.answer.made === true };
}

/** Changes what `patch` names of an account that is there. @throws BoonError `not_found`, or as {@link putAccount} does */
export async function changeAccount(
  database: Database,
  vault: AddressVault,
  id: AccountId,
  patch: AccountPatch,
  at: Instant,
): Promise<Account> {
  const text = 'SELECT boon_code.change_account($1, $2, $3) AS answer';
  return described(
    id,
    vault,
    await queryRow(database, 'change_account', text, [id, toStoredFields(patch, vault), at]),
  );
}

/** The fields as the ledger keeps them, as JSON: an address sealed, a fingerprint as its digest. */
function toStoredFields({ email, fingerprints, ...rest }: AccountPatch, vault: AddressVault): string {
  const stored: Record<string, unknown> = { ...rest };
  if (email !== undefined) {
    stored.email_index = email === null ? null : vault.indexOf(email);
    stored.email_sealed = email === null ? null : vault.seal(email);
    stored.email_disposable = email !== null && isDisposable(email);
  }
  if (fingerprints !== undefined)
    stored.fingerprints = fingerprints.map((fingerprint) => fingerprintIndex(vault, fingerprint));
  return JSON.stringify(stored);
}

type Described = { answer: { account?: AccountView; made?: boolean; refused?: FieldError } };

function described(id: AccountId, vault: AddressVault, row: Described | undefined): Account {
  if (row === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
  if (row.answer.account !== undefined) return toAccount(row.answer.account, vault);
  if (row.answer.refused === undefined) throw new BoonError('not_found', `There is no account "${id}".`);
  const { path, message } = row.answer.refused;
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
): Promise<Account> {
  return toAccount(await viewOf(database, id, at), vault);
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
      fix: ERRORS[reason.code as ErrorCode].fix,
    })),
  };
}
