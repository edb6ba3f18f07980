/** A second signal within this time is the same Ctrl-C: npm passes on what the terminal has sent to everybody. */
const SAME_SIGNAL_MS = 1_500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted by the first Ctrl-C (SIGINT, SIGTERM or SIGHUP) that reaches this process; its reason is the signal's name.
 *
 * @param insisted is called when another one comes while everything is being stopped
 */
export function stopSignal(insisted: () => void): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        first = performance.now();
        controller.abort(signal);
      } else if (performance.now() - first > SAME_SIGNAL_MS) {
        insisted();
      }
    });
  }
  return controller.signal;
}
