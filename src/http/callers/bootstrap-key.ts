/** The first API key, without which nobody could make another. */
import { EVERY_SCOPE } from '../../contracts/accounts/scopes.ts';
import type { ApiKeys, StoredApiKey } from '../../ledger/accounts/api-keys.ts';
import { newApiKey } from './api-key-secret.ts';
import { keyDigest } from './key-ring.ts';

/** Keys that it makes stand by themselves: it is there to be replaced by them. */
export const BOOTSTRAP_ID = 'key_bootstrap';

/** The key that is configured is not the one of this database, and does not become it. */
export class BootstrapKeyError extends Error {
  override name = 'BootstrapKeyError';
}

/**
 * Makes sure that there is an operator key: the configured one (`BOON_API_KEY`) where the database has none yet, else a new
 * one when no key works any more. A key that was rotated or revoked never comes back.
 * @returns the key when it was made here, to be printed once; otherwise `undefined`.
 * @throws BootstrapKeyError when the configured key is none that works.
 */
export async function bootstrapApiKey(
  keys: ApiKeys,
  configured: string | undefined,
  at: string,
): Promise<string | undefined> {
  const key = configured ?? newApiKey();
  const digest = keyDigest(key);
  const asked = {
    id: BOOTSTRAP_ID,
    name: 'bootstrap operator key',
    digest,
    scopes: [EVERY_SCOPE],
    at,
  } as const;
  const first = await keys.bootstrap(asked, configured === undefined);
  const isFirst = first.digest.equals(digest) && first.revoked_at === null;
  if (configured === undefined) return isFirst ? key : undefined;
  if (!isFirst) throw new BootstrapKeyError(whyNot(first, digest));
  return undefined;
}

/** In a sentence, with what to do. */
function whyNot(first: StoredApiKey, digest: Buffer): string {
  const unset = 'Unset BOON_API_KEY: it is read only where a database has no operator key yet.';
  if (first.revoked_at !== null && first.digest.equals(digest))
    return `The operator key in BOON_API_KEY was revoked at ${first.revoked_at}, and does not come back. ${unset}`;
  if (first.previous_digest?.equals(digest) === true)
    return `The operator key in BOON_API_KEY was replaced at ${first.rotated_at}. ${unset}`;
  return `BOON_API_KEY is not the operator key of this database, which was made at ${first.created_at}. ${unset} To replace that key, rotate it: \`boon key rotate ${first.id}\`.`;
}
