/** Lists of an account: an account without rows and no account at all look the same to a list. */
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId } from '../../domain/ids.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import type { Page } from '../postgres/page.ts';

const KNOWN = 'SELECT EXISTS (SELECT FROM boon.ledger_accounts a WHERE a.id = $1) AS known';

/**
 * The page as it is.
 * @throws BoonError `not_found` when it is empty because there is no such account.
 */
export async function ofKnownAccount<T>(database: Database, id: AccountId, page: Page<T>): Promise<Page<T>> {
  if (page.data.length > 0) return page;
  const row = await queryRow<{ known: boolean }>(database, 'known_account', KNOWN, [id]);
  if (row?.known !== true) throw new BoonError('not_found', `There is no account "${id}".`);
  return page;
}
