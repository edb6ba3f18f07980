/** API keys as a request meets them: looked up by their digest and remembered for seconds. */
import { hash, timingSafeEqual } from 'node:crypto';
import { BoonError } from '../contracts/errors.ts';
import type { ApiKeys, StoredApiKey } from '../ledger/api-keys.ts';
import type { ServicePrincipal } from './principal.ts';

export interface KeyRing {
  /** The service whose key this is; rejects with `unauthorized`. */
  find(key: string, now: Date): Promise<ServicePrincipal>;
  /** Forgets what is remembered: after a change to the keys. */
  forget(): void;
}

/** A revoked key works at most this long in other server processes. */
const REMEMBERED_MILLISECONDS = 5000;
const MOST_REMEMBERED = 10_000;

type Remembered = { found: Promise<StoredApiKey | undefined>; until: number };

/** The digest under which a key is stored. A key is random, so a plain SHA-256 cannot be turned back. */
export function keyDigest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** @param elapsed milliseconds on a clock that only goes forward. */
export function createKeyRing(keys: ApiKeys, elapsed: () => number = () => performance.now()): KeyRing {
  const remembered = new Map<string, Remembered>();

  function lookUp(digest: Buffer, now: Date): Promise<StoredApiKey | undefined> {
    const name = digest.toString('base64');
    const known = remembered.get(name);
    if (known !== undefined && known.until > elapsed()) return known.found;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    const found = keys.findByDigest(digest, now.toISOString());
    remembered.set(name, { found, until: elapsed() + REMEMBERED_MILLISECONDS });
    // A failed look-up is not an answer; the next request asks again.
    found.catch(() => remembered.delete(name));
    return found;
  }

  return {
    async find(key, now) {
      const digest = keyDigest(key);
      const stored = await lookUp(digest, now);
      if (stored === undefined || !matches(stored, digest, now)) {
        throw new BoonError('unauthorized', 'The API key is not known, or has been revoked.');
      }
      if (stored.expires_at !== null && Date.parse(stored.expires_at) <= now.getTime()) {
        throw new BoonError('unauthorized', `The API key expired at ${stored.expires_at}.`);
      }
      return { kind: 'service', keyId: stored.id, name: stored.name, scopes: stored.scopes };
    },
    forget: () => remembered.clear(),
  };
}

function matches(stored: StoredApiKey, digest: Buffer, now: Date): boolean {
  if (timingSafeEqual(stored.digest, digest)) return true;
  return (
    stored.previous_digest !== null &&
    timingSafeEqual(stored.previous_digest, digest) &&
    stored.previous_works_until !== null &&
    Date.parse(stored.previous_works_until) > now.getTime()
  );
}
