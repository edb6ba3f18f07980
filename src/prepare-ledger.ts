/** What every process does with the ledger before its work begins. */
import type { Instant } from './domain/instant.ts';
import type { VersionedPolicy } from './domain/policy.ts';
import type { Ledger } from './ledger/ledger.ts';

/** @throws EncryptionKeyError when the database was sealed with another key than this process has. */
export async function prepare(ledger: Ledger, policy: VersionedPolicy, at: Instant): Promise<void> {
  await ledger.requireOwnKey(at);
  await ledger.usePolicy(policy, at);
}
