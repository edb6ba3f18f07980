/** What tests do with usage, in one line each. */
import type { Usage } from '../../src/contracts/usage/usage.schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { UseRequest } from '../../src/ledger/usage/charge-usage.ts';
import { newKey, START } from './test-ledger.ts';

/** A use of 1 unit of codex at START under an id of its own, or as `more` says; told when it happens. */
export function useRequest(accountId: string, more: Partial<UseRequest> = {}): UseRequest {
  const at = more.at ?? START;
  return { account_id: accountId, product: 'codex', units: '1', id: newKey('use'), now: at, ...more, at };
}

/** Uses, and answers what it cost. */
export async function charge(
  ledger: Ledger,
  accountId: string,
  more: Partial<UseRequest> = {},
): Promise<Usage> {
  return (await ledger.use(useRequest(accountId, more))).value;
}

/** An organisation, and its members. */
export async function seedOrganisation(
  ledger: Ledger,
  id: string,
  members: readonly string[],
  put: Partial<Parameters<Ledger['putAccount']>[1]> = {},
): Promise<void> {
  await ledger.putAccount(id, { plan: 'business', kind: 'organisation', billing_day: 1, ...put }, START);
  for (const member of members)
    await ledger.putAccount(member, { plan: 'business', org_id: id, billing_day: 1 }, START);
}
