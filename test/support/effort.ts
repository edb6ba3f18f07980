/**
 * How much a test of random scenarios tries. Every run plays the same ones, so that it says something about the change and
 * not about the dice. `BOON_TEST_EFFORT` plays so many times as many and `BOON_TEST_SEED` others. Of the models,
 * `BOON_MODEL_SECONDS` plays as many of ever new ones as fit into that time, and `BOON_MODEL_SHRINK` makes one that fails
 * smaller.
 */
type Effort = {
  seed: number;
  numRuns: number;
  interruptAfterTimeLimit?: number;
  endOnFailure: boolean;
};

/** The seed of every test. */
export const SEED = Number(process.env.BOON_TEST_SEED ?? 20260611);

/** So many scenarios where a usual run plays `usual`. */
export function runs(usual: number): number {
  return Math.ceil(usual * Number(process.env.BOON_TEST_EFFORT ?? 1));
}

/** @param usual scenarios that a usual run plays. */
export function effort(usual: number): { parameters: Effort; timeout: number } {
  const { BOON_TEST_SEED: seed, BOON_MODEL_SECONDS: seconds, BOON_MODEL_SHRINK: shrink } = process.env;
  const endOnFailure = shrink === undefined;
  if (seconds === undefined)
    return {
      parameters: { seed: SEED, numRuns: runs(usual), endOnFailure },
      timeout: 900_000 * Math.max(1, Number(process.env.BOON_TEST_EFFORT ?? 1)),
    };
  const limit = Number(seconds) * 1000;
  return {
    parameters: {
      seed: seed === undefined ? Date.now() % 2 ** 31 : SEED,
      numRuns: 100_000,
      interruptAfterTimeLimit: limit,
      endOnFailure,
    },
    timeout: limit + 300_000,
  };
}
