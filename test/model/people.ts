/** The accounts of a scenario: each is peculiar in one way. */
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { later, START } from '../support/test-ledger.ts';
import type { ModelAccount } from './model-gift.ts';

/** Of everybody here and of nobody in the other models, so that campaigns of those leave these people alone. */
export const PLAN = 'edu';
const OLD = '2025-01-01T00:00:00.000Z';

export const PEOPLE: readonly (Partial<AccountPut> & { id: string })[] = [
  { id: 'amy', email: 'amy@example.com', fingerprints: ['one'] },
  { id: 'ben' },
  { id: 'cora', fingerprints: ['one', 'two'] },
  { id: 'new', created_at: later(START, { days: -10 }) },
  { id: 'youngest', created_at: later(START, { days: -6 }) },
  { id: 'unverified', identity_verified_at: null },
  { id: 'firm', kind: 'organisation' },
];

export async function putPeople(ledger: Ledger): Promise<void> {
  for (const { id, ...put } of PEOPLE)
    await ledger.putAccount(id, { plan: PLAN, created_at: OLD, identity_verified_at: OLD, ...put }, START);
}

/** The same people as the model knows them. */
export function modelPeople(): ModelAccount[] {
  return PEOPLE.map(({ id, kind, email, created_at, identity_verified_at, fingerprints }) => ({
    id,
    kind: kind ?? 'person',
    status: 'active',
    email: email ?? null,
    verified: identity_verified_at !== null,
    createdAt: Date.parse(created_at ?? OLD),
    fingerprints: fingerprints ?? [],
  }));
}
