/** The first API key, without which nobody could make another. */
import { EVERY_SCOPE } from '../../contracts/accounts/scopes.ts';
import type { ApiKeys } from '../../ledger/accounts/api-keys.ts';
import { newApiKey } from './api-key-secret.ts';
import { keyDigest } from './key-ring.ts';

const BOOTSTRAP_ID = 'key_bootstrap';

/**
 * Makes sure that there is an operator key: the configured one (`BOON_API_KEY`), or, when none is configured and
 * the table has none, a new one.
 * @returns the key when it was made here, to be printed once; otherwise `undefined`.
 */
export async function bootstrapApiKey(
  keys: ApiKeys,
  configured: string | undefined,
  at: string,
): Promise<string | undefined> {
  if (configured === undefined && (await keys.any())) return undefined;
  const key = configured ?? newApiKey();
  await keys.put({
    id: BOOTSTRAP_ID,
    name: 'bootstrap operator key',
    digest: keyDigest(key),
    scopes: [EVERY_SCOPE],
    expires_at: null,
    at,
  });
  return configured === undefined ? key : undefined;
}
