/** Ids that the server proposes. */
import { randomBytes } from 'node:crypto';
import { orderedId } from '../domain/ordered-id.ts';

/** @param now the server's injected clock, so that ids sort by its time. */
export function newId(prefix: 'cmp' | 'gft' | 'key' | 'pur' | 'ref' | 'resp' | 'rfd', now: Date): string {
  return orderedId(prefix, now.getTime(), randomBytes(10));
}
