/** API keys as a request meets them: looked up by their digest and remembered for seconds. */
import { hash, timingSafeEqual } from 'node:crypto';
import { BoonError } from '../../contracts/errors.ts';
import type { ApiKeys, StoredApiKey } from '../../ledger/accounts/api-keys.ts';
import type { ServicePrincipal } from './principal.ts';
import type { WrongKeys } from './wrong-keys.ts';

export interface KeyRing {
  /**
   * The service whose key this is; rejects with `unauthorized`, and with `rate_limited` without looking it up when too many
   * wrong ones came from the address.
   */
  find(key: string, now: Date, address: string): Promise<ServicePrincipal>;
  /** The same without asking anybody; undefined when it is not remembered. */
  remembered(key: string, now: Date): ServicePrincipal | undefined;
  /** Forgets what is remembered: after a change to the keys. */
  forget(): void;
}

/** A revoked key works at most this long in other server processes. */
const REMEMBERED_MILLISECONDS = 5000;
const MOST_REMEMBERED = 10_000;
/** A key that was right so lately is looked up again whatever else came from its address. */
const TRUSTED_MILLISECONDS = 24 * 3_600_000;

/** Moments are milliseconds: `until` on the ring's own clock, `endsAt`, when the key ends, on the world's. */
type Remembered = { found: Promise<StoredApiKey | undefined>; until: number };
type LetIn = { service: ServicePrincipal; until: number; endsAt: number };

/** The digest under which a key is stored. A key is random, so a plain SHA-256 cannot be turned back. */
export function keyDigest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** @param elapsed milliseconds on a clock that only goes forward. */
export function createKeyRing(
  keys: ApiKeys,
  wrong: WrongKeys,
  elapsed: () => number = () => performance.now(),
): KeyRing {
  const remembered = new Map<string, Remembered>();
  /** Those that were let in, by the key itself: at thousands of requests a second a digest each is not cheap. */
  const letIn = new Map<string, LetIn>();
  /** Until when a digest counts as one that was right lately. */
  const trusted = new Map<string, number>();

  function lookUp(name: string, digest: Buffer, now: Date, address: string): Remembered {
    const known = remembered.get(name);
    if (known !== undefined && known.until > elapsed()) return known;
    if ((trusted.get(name) ?? 0) <= elapsed()) wrong.requireRoom(address);
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
    async find(key, now, address) {
      const digest = keyDigest(key);
      const name = digest.toString('base64');
      const asked = lookUp(name, digest, now, address);
      const stored = await asked.found;
      const works = stored && worksUntil(stored, digest);
      if (stored === undefined || works === undefined || works <= now.getTime()) {
        wrong.note(address);
        throw new BoonError('unauthorized', 'The API key is not known, or has been revoked.');
      }
      if (trusted.size >= MOST_REMEMBERED) trusted.clear();
      trusted.set(name, elapsed() + TRUSTED_MILLISECONDS);
      const expires = momentOf(stored.expires_at);
      if (expires <= now.getTime()) {
        throw new BoonError('unauthorized', `The API key expired at ${stored.expires_at}.`);
      }
      const service = {
        kind: 'service',
        keyId: stored.id,
        name: stored.name,
        scopes: stored.scopes,
      } as const;
      // Not when the keys were changed meanwhile.
      if (remembered.get(name) === asked) {
        letIn.set(key, { service, until: asked.until, endsAt: Math.min(works, expires) });
      }
      return service;
    },
    remembered(key, now) {
      const known = letIn.get(key);
      const holds = known !== undefined && known.until > elapsed() && known.endsAt > now.getTime();
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
