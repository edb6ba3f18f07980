/** Takes one line for the person who waits; the launcher prints it, most tests drop it. */
export type Progress = (line: string) => void;

/** Drops every line. */
export const silent: Progress = () => {};

/** Often enough that nobody thinks the start hangs, seldom enough for a log. */
const REPORT_EVERY_MS = 5_000;

/**
 * Runs a long step, saying at once what it is and then every few seconds how long it has been running.
 *
 * @param what names the step: `Building the Temporal server with Go (about 3 minutes, once)`
 * @param worked decides from the result whether it is reported as done or as failed
 * @returns what the step returns; a failure of the step is passed on, after its time was said
 */
export async function withElapsed<T>(
  progress: Progress,
  what: string,
  step: () => Promise<T>,
  everyMs: number = REPORT_EVERY_MS,
  worked: (result: T) => boolean = () => true,
): Promise<T> {
  const began = performance.now();
  const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
  progress(`${what} …`);
  const timer = setInterval(() => progress(`${what}: ${seconds()} …`), everyMs);
  let outcome = 'failed';
  try {
    const result = await step();
    if (worked(result)) outcome = 'done';
    return result;
  } finally {
    clearInterval(timer);
    progress(`${what}: ${outcome} after ${seconds()}`);
  }
}
