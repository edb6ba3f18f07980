/** An account's state, read from the ledger and put into the shape of Codex clients. */
import type { CodexUsage } from '../../contracts/codex/codex.schema.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { CodexPerson } from './caller.ts';
import { viewUsage } from './usage-view.ts';

/** The product of the rate card that Codex clients use. */
export const CODEX_PRODUCT = 'codex';

/** @throws BoonError `not_found` when there is no such account. */
export async function readUsage(
  ledger: Pick<Ledger, 'limits' | 'creditMeans'>,
  person: CodexPerson,
  now: Date,
): Promise<CodexUsage> {
  const at = now.toISOString();
  const [limits, means] = await Promise.all([
    ledger.limits(person.accountId, at),
    ledger.creditMeans(person.accountId, CODEX_PRODUCT, at),
  ]);
  return viewUsage(limits, means, person, now);
}
