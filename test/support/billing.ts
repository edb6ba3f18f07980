/** What tests do with flexible billing, in one line each. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { PolicyPatch } from './test-ledger.ts';
import { seedOrganisation } from './usage.ts';

/** On business nothing is included: every use goes to the organisation. A hundred credits cost 4 dollars. */
export const BILLED: PolicyPatch = {
  plans: { business: { five_hour: '0', weekly: '0' }, plus: { five_hour: '0', weekly: '0' } },
};

/** An organisation that is invoiced, and its members; its billing month begins on the 1st unless `put` says otherwise. */
export async function seedInvoiced(
  ledger: Ledger,
  id: string,
  members: readonly string[],
  put: Partial<Parameters<Ledger['putAccount']>[1]> = {},
): Promise<void> {
  await seedOrganisation(ledger, id, members, { billing: 'invoice', email: `books@${id}.example`, ...put });
}
