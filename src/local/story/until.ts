import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 250;

/** Looks again and again until what is seen is so. @throws Error when the patience (milliseconds) ends before. */
export async function until<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  { patience, signal }: { patience: number; signal: AbortSignal },
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > end) throw new Error(`What was waited for did not come: ${JSON.stringify(seen)}`);
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}
