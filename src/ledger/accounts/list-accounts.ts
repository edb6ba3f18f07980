/** Every account, by id: all of them, or those of a plan, a status, a cohort, an organisation, a kind. */
import type { Account, AccountFilter } from '../../contracts/accounts/account.schema.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { ANY_ID, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import { type Page, type PageRequest, toPage } from '../postgres/page.ts';
import { type AccountView, toAccount } from './account-view.ts';

const CONDITIONS: Readonly<Record<keyof AccountFilter, (value: string) => string>> = {
  plan: (value) => `a.plan = ${value}`,
  status: (value) => `a.status = ${value}`,
  kind: (value) => `a.kind = ${value}`,
  org_id: (value) => `a.org_id = ${value}`,
  cohort: (value) => `a.cohorts @> ARRAY[${value}]`,
};

/** @param at when the billing months that are shown run */
export async function listAccounts(
  database: Database,
  vault: AddressVault,
  filter: AccountFilter,
  page: PageRequest,
  at: Instant,
): Promise<Page<Account>> {
  const [after] = page.cursor === undefined ? [''] : decodeCursor(page.cursor, [ANY_ID]);
  const given = (Object.keys(CONDITIONS) as (keyof AccountFilter)[]).filter(
    (name) => filter[name] !== undefined,
  );
  const conditions = given.map((name, index) => ` AND ${CONDITIONS[name](`$${index + 4}`)}`);
  // Each set of conditions is a statement of its own: one for all would look at every account whatever is asked for.
  const rows = await queryRows<{ account: AccountView }>(
    database,
    ['list_accounts', ...given].join('_'),
    `SELECT boon_code.account_view(a.id, $1) AS account FROM boon.accounts a WHERE a.id > $2${conditions.join('')} ORDER BY a.id LIMIT $3`,
    [at, after, page.limit + 1, ...given.map((name) => filter[name])],
  );
  return toPage(
    rows,
    page.limit,
    ({ account }) => [account.id],
    ({ account }) => toAccount(account, vault),
  );
}
