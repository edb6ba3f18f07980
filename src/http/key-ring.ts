/** API keys as a request meets them: looked up by their digest and remembered for seconds. */
import { hash, timingSafeEqual } from 'node:crypto';
import { BoonError } from '../contracts/errors.ts';
import type { ApiKeys, StoredApiKey } from '../ledger/api-keys.ts';
import type { ServicePrincipal } from './principal.ts';

export interface KeyRing {
  /** The service whose key this is; rejects with `unauthorized`. */
  find(key: string, now: Date): Promise<ServicePrincipal>;
  /** The same without asking anybody; undefined when it is not remembered. */
  remembered(key: string, now: Date): ServicePrincipal | undefined;
  /** Forgets what is remembered: after a change to the keys. */
  forget(): void;
}

/** A revoked key works at most this long in other server processes. */
const REMEMBERED_MILLISECONDS = 5000;
const MOST_REMEMBERED = 10_000;

type Remembered = {
  found: Promise<StoredApiKey | undefined>;
  until: number;
  /** Once the key has been let in: for whom, and the moment at which it ends, in milliseconds. */
  service?: ServicePrincipal;
  endsAt?: number;
};

/** The digest under which a key is stored. A key is random, so a plain SHA-256 cannot be turned back. */
export function keyDigest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** @param elapsed milliseconds on a clock that only goes forward. */
export function createKeyRing(keys: ApiKeys, elapsed: () => number = () => performance.now()): KeyRing {
  const remembered = new Map<string, Remembered>();
  /** Those of them that were let in, by the key itself: at thousands of requests a second a digest each is not cheap. */
  const letIn = new Map<string, Remembered>();

  function lookUp(digest: Buffer, now: Date): Remembered {
    const name = digest.toString('base64');
    const known = remembered.get(name);
    if (known !== undefined && known.until > elapsed()) return known;
    if (remembered.size >= MOST_REMEMBERED) forget();
    const found = keys.findByDigest(digest, now.toISOString());
    const asked = { found, until: elapsed() + REMEMBERED_MILLISECONDS };
    remembered.set(name, asked);
    // A failed look-up is not an answer; the next request asks again.
    found.catch(() => remembered.delete(name));
    return asked;
  }

  function forget(): void {
    remembered.clear();
    letIn.clear();
  }

  return {
    async find(key, now) {
      const digest = keyDigest(key);
      const asked = lookUp(digest, now);
      const stored = await asked.found;
      const works = stored && worksUntil(stored, digest);
      if (stored === undefined || works === undefined || works <= now.getTime()) {
        throw new BoonError('unauthorized', 'The API key is not known, or has been revoked.');
      }
      const expires = momentOf(stored.expires_at);
      if (expires <= now.getTime()) {
        throw new BoonError('unauthorized', `The API key expired at ${stored.expires_at}.`);
      }
      asked.endsAt = Math.min(works, expires);
      asked.service = { kind: 'service', keyId: stored.id, name: stored.name, scopes: stored.scopes };
      letIn.set(key, asked);
      return asked.service;
    },
    remembered(key, now) {
      const known = letIn.get(key);
      const holds = known?.endsAt !== undefined && known.until > elapsed() && known.endsAt > now.getTime();
      return holds ? known.service : undefined;
    },
    forget,
  };
}

/** Until when a digest is the stored key's, or the one's before it; undefined when it is neither's. */
function worksUntil(stored: StoredApiKey, digest: Buffer): number | undefined {
  if (timingSafeEqual(stored.digest, digest)) return Number.POSITIVE_INFINITY;
  const { previous_digest, previous_works_until } = stored;
  const isPrevious = previous_digest !== null && timingSafeEqual(previous_digest, digest);
  return isPrevious && previous_works_until !== null ? momentOf(previous_works_until) : undefined;
}

function momentOf(time: string | null): number {
  return time === null ? Number.POSITIVE_INFINITY : Date.parse(time);
}
