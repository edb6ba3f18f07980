/**
 * By which seed and at which of its steps the simulation found a fault (`npm run simulate -- --fault all`): of steps of the
 * part where it shows.
 */
export const FOUND: Readonly<Record<string, { seed: number; step: number }>> = {
  'open gifts keep what was refunded': { seed: 2, step: 75 },
  'a reversed gift pays no debt': { seed: 2, step: 120 },
  'the share of a refund in credits is rounded': { seed: 2, step: 210 },
  'the share of a refund in resets is cut': { seed: 2, step: 44 },
  'a late use counts in the present window': { seed: 2, step: 74 },
  'a billing day moves at once': { seed: 2, step: 500 },
  'a late use is judged by the present account': { seed: 2, step: 152 },
  'a late redemption gives back what was used since': { seed: -1640531533, step: 386 },
  'a late redemption restores a window that opened since': { seed: -1640531533, step: 232 },
  'a late redemption spends a reset on what was used after its expiry': { seed: 2, step: 488 },
  'a given reset that came back is given on': { seed: -1640531531, step: 156 },
  'the last day of a reset that came back is not told': { seed: 387276921, step: 105 },
  'a window is restored before it opened': { seed: -1640531524, step: 66 },
};
