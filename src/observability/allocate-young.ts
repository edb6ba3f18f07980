/** How V8 lays out what a service allocates. */
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from allocating objects straight among the old ones, for this whole process; to be called before the work begins.
 *
 * V8 learns which places in the code make objects that outlive a collection, and allocates theirs as old. Requests that
 * wait for the database outlive one and die a moment later: taken for old they stay until the next full collection, with
 * all that they refer to. A process that has learned this spends a third more on each request (docs/adr/0019).
 */
export function allocateYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
