/**
 * How much a model test tries. Every run plays the same scenarios, so that it says something about the change and not
 * about the dice; `BOON_MODEL_SEED` plays others, `BOON_MODEL_SECONDS` as many of ever new ones as fit into that time,
 * and `BOON_MODEL_SHRINK` makes one that fails smaller.
 */
type Effort = {
  seed: number;
  numRuns: number;
  interruptAfterTimeLimit?: number;
  endOnFailure: boolean;
};

/** @param runs scenarios that a usual run plays. */
export function effort(runs: number): { parameters: Effort; timeout: number } {
  const { BOON_MODEL_SEED: seed, BOON_MODEL_SECONDS: seconds, BOON_MODEL_SHRINK: shrink } = process.env;
  const endOnFailure = shrink === undefined;
  if (seconds === undefined)
    return {
      parameters: { seed: Number(seed ?? 20260611), numRuns: runs, endOnFailure },
      timeout: 900_000,
    };
  const limit = Number(seconds) * 1000;
  return {
    parameters: {
      seed: seed === undefined ? Date.now() % 2 ** 31 : Number(seed),
      numRuns: 100_000,
      interruptAfterTimeLimit: limit,
      endOnFailure,
    },
    timeout: limit + 300_000,
  };
}
