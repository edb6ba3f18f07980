/** Accounts, and what an account owns: balance, statement, what it may give. */
import type { Account, AccountPut, Balance, Gifting, Lot, Movement } from '../contracts/account.schema.ts';
import { BoonError, ERRORS, type ErrorCode, type FieldError } from '../contracts/errors.ts';
import { formatCredits } from '../domain/credits.ts';
import type { AddressVault } from './address-vault.ts';
import { DIGITS, decodeCursor } from './cursor.ts';
import { type Database, queryRow, queryRows } from './database.ts';
import { isDisposable } from './disposable-address.ts';
import type { Page, PageRequest } from './ledger.ts';
import { toPage } from './read-gifts.ts';
import { instant, instantOrNull, toLot } from './rows.ts';

/** An account as its owner described it, whatever the time. */
export type StoredAccount = Omit<Account, 'billing_month' | 'billing_day_from'>;

type AccountRow = Omit<
  StoredAccount,
  | 'email'
  | 'created_at'
  | 'identity_verified_at'
  | 'last_active_at'
  | 'spending_limit'
  | 'pool_limit'
  | 'invoice_ceiling'
> & {
  spending_limit: string | null;
  pool_limit: string | null;
  invoice_ceiling: string | null;
  email_sealed: Buffer | null;
  created_at: Date;
  identity_verified_at: Date | null;
  last_active_at: Date | null;
};

export async function putAccount(
  database: Database,
  vault: AddressVault,
  id: string,
  put: AccountPut,
  at: string,
): Promise<Account> {
  const { email, fingerprints, ...rest } = put;
  const stored: Record<string, unknown> = { ...rest };
  if (email !== undefined) {
    stored.email_index = email === null ? null : vault.indexOf(email);
    stored.email_sealed = email === null ? null : vault.seal(email);
    stored.email_disposable = email !== null && isDisposable(email);
  }
  if (fingerprints !== undefined)
    stored.fingerprints = fingerprints.map((fingerprint) => fingerprintIndex(vault, fingerprint));
  const row = await queryRow<{ refused: FieldError | null }>(
    database,
    'put_account',
    'SELECT boon.put_account($1, $2, $3) AS refused',
    [id, JSON.stringify(stored), at],
  );
  if (row?.refused) {
    const { path, message } = row.refused;
    throw new BoonError('validation_failed', `${path}: ${message}.`, { errors: [{ path, message }] });
  }
  return showAccount(database, vault, id, at);
}

/** The keyed digest of a fingerprint; what kind it is stays readable where a refusal names it. */
function fingerprintIndex(vault: AddressVault, fingerprint: string): string {
  const kind = /^(card|device):/i.exec(fingerprint)?.[0].toLowerCase() ?? '';
  return kind + vault.indexOf(fingerprint);
}

export async function findAccount(
  database: Database,
  vault: AddressVault,
  id: string,
): Promise<StoredAccount> {
  const text = 'SELECT * FROM boon.accounts WHERE id = $1';
  return toStored(known(await queryRow<AccountRow>(database, 'find_account', text, [id]), id), vault);
}

/** `day_from`: the last move of the billing day, unless the day is in force already. */
const SHOWN = `
  SELECT a.*, m.starts_at AS month_starts_at, m.ends_at AS month_ends_at, CASE WHEN f.day <> a.billing_day THEN l.starts_at END AS day_from
  FROM boon.accounts a CROSS JOIN LATERAL boon.billing_month(a.id, $2) m
  LEFT JOIN LATERAL (SELECT * FROM boon.billing_days x WHERE x.account_id = a.id ORDER BY x.number DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT * FROM boon.billing_days x WHERE x.account_id = a.id AND x.starts_at <= $2 ORDER BY x.number DESC LIMIT 1) f ON true
  WHERE a.id = $1`;

type ShownRow = AccountRow & { month_starts_at: Date; month_ends_at: Date; day_from: Date | null };

/** An account as it stands, with the billing month that runs at `at`. */
export async function showAccount(
  database: Database,
  vault: AddressVault,
  id: string,
  at: string,
): Promise<Account> {
  const row = known(await queryRow<ShownRow>(database, 'show_account', SHOWN, [id, at]), id);
  return {
    ...toStored(row, vault),
    billing_month: { starts_at: instant(row.month_starts_at), ends_at: instant(row.month_ends_at) },
    billing_day_from: instantOrNull(row.day_from),
  };
}

function known<R>(row: R | undefined, id: string): R {
  if (row === undefined) throw new BoonError('not_found', `There is no account "${id}".`);
  return row;
}

function toStored(row: AccountRow, vault: AddressVault): StoredAccount {
  return {
    id: row.id,
    kind: row.kind,
    plan: row.plan,
    status: row.status,
    email: row.email_sealed === null ? null : vault.open(row.email_sealed),
    billing_day: row.billing_day,
    identity_verified_at: instantOrNull(row.identity_verified_at),
    created_at: instant(row.created_at),
    last_active_at: instantOrNull(row.last_active_at),
    cohorts: row.cohorts,
    org_id: row.org_id,
    auto_redeem: row.auto_redeem,
    use_credits: row.use_credits,
    spending_limit: limitText(row.spending_limit),
    pool_limit: limitText(row.pool_limit),
    billing: row.billing,
    invoice_ceiling: limitText(row.invoice_ceiling),
  };
}

/** A limit out of micro-credits; null is none. */
export function limitText(micro: string | null): string | null {
  return micro === null ? null : formatCredits(BigInt(micro));
}

/**
 * The balance at `at`, read off the open lots; with `asOf`, what the entries effective by that past moment add up
 * to. A lot past its expiry is not available.
 */
export async function balance(database: Database, id: string, at: string, asOf?: string): Promise<Balance> {
  const row =
    asOf === undefined
      ? await queryRow<{ balance: Balance | null }>(
          database,
          'balance',
          'SELECT boon.balance($1, $2) AS balance',
          [id, at],
        )
      : await queryRow<{ balance: Balance | null }>(
          database,
          'balance_as_of',
          'SELECT boon.balance_as_of($1, $2) AS balance',
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
  SELECT e.transfer::text || '-' || e.slice AS id, e.effective_at AS at, e.kind, boon.credits(e.amount) AS amount,
    boon.credits(e.balance_after) AS balance_after, e.lot_id::text AS lot_id, e.reference, e.transfer, e.slice, t.recorded_at
  FROM boon.entries e JOIN boon.transfers t ON t.seq = e.transfer
  WHERE e.account_id = $1 AND ($2::bigint IS NULL OR (e.transfer, e.slice) < ($2, $3::int))
  ORDER BY e.transfer DESC, e.slice DESC LIMIT $4`;

type MovementRow = Omit<Movement, 'at' | 'recorded_at'> & {
  at: Date;
  recorded_at: Date;
  transfer: string;
  slice: number;
};

export async function statement(database: Database, id: string, page: PageRequest): Promise<Page<Movement>> {
  const [transfer, slice] =
    page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [DIGITS, /^\d{1,9}$/]);
  const rows = await queryRows<MovementRow>(database, 'statement', STATEMENT, [
    id,
    transfer,
    slice,
    page.limit + 1,
  ]);
  return toPage(
    rows,
    page.limit,
    (row) => [row.transfer, String(row.slice)],
    ({ at, recorded_at, transfer: _transfer, slice: _slice, ...movement }) => ({
      ...movement,
      at: instant(at),
      recorded_at: instant(recorded_at),
    }),
  );
}

type GiftingReason = { code: string; detail: string; reason_code?: string };

/** What the account may give at a moment. The reasons are those that an acceptance would refuse with. */
export async function gifting(
  database: Database,
  id: string,
  policyVersion: string,
  at: string,
): Promise<Gifting> {
  const row = await queryRow<{ gifting: (Omit<Gifting, 'reasons'> & { reasons: GiftingReason[] }) | null }>(
    database,
    'gifting',
    'SELECT boon.gifting($1, $2, $3) AS gifting',
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
