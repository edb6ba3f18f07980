/** Workflow time: a replay and a time-skipping test read the same. */

/** The present moment, RFC 3339. */
export function now(): string {
  return new Date().toISOString();
}
