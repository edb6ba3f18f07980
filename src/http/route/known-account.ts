/** Lists of an account: an account without rows and no account at all look the same to a list. */
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Page } from '../../ledger/postgres/page.ts';

/**
 * The page as it is, unless it is empty because there is no such account.
 * @throws BoonError `not_found`
 */
export async function ofKnownAccount<T>(
  ledger: Pick<Ledger, 'balance'>,
  accountId: AccountId,
  at: Instant,
  page: Page<T>,
): Promise<Page<T>> {
  if (page.data.length === 0) await ledger.balance(accountId, at);
  return page;
}
