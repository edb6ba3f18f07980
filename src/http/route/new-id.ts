/** Ids that the server proposes. */
import { randomFillSync } from 'node:crypto';
import { orderedId } from '../../domain/ordered-id.ts';

/** Random bytes for this many ids are drawn at once: most of a draw's cost is the call. */
const IDS = 400;
const BYTES = 10;
const pool = Buffer.alloc(IDS * BYTES);
let used = pool.length;

/** @param now the server's injected clock, so that ids sort by its time. */
export function newId(prefix: 'cmp' | 'gft' | 'key' | 'pur' | 'ref' | 'resp' | 'rfd', now: Date): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return orderedId(prefix, now.getTime(), pool.subarray(used - BYTES, used));
}
