/**
 * By which seed and at which of its steps the simulation found a fault (`npm run simulate -- --fault all`): of steps of the
 * part where it shows.
 */
export const FOUND: Readonly<Record<string, { seed: number; step: number }>> = {
  'open gifts keep what was refunded': { seed: -1640531533, step: 104 },
  'a reversed gift pays no debt': { seed: 2, step: 161 },
  'the debt ends and its payers get nothing': { seed: 2, step: 165 },
  'the share of a refund in credits is rounded': { seed: 2, step: 130 },
  'the share of a refund in resets is cut': { seed: -1640531533, step: 484 },
  'expired credits are let go twice': { seed: -1640531533, step: 24 },
  'a dispute that is won changes nothing': { seed: 2, step: 226 },
  'any currency pays': { seed: 2, step: 228 },
  'an amount that is not said pays': { seed: -1640531533, step: 125 },
  'the mode does not matter': { seed: 2, step: 135 },
  'any page pays': { seed: 2, step: 37 },
  'a late use is judged by the present account': { seed: 2, step: 249 },
  'lots that came later pay for a late use': { seed: 2, step: 43 },
  'a billing day moves at once': { seed: 2, step: 483 },
  'a lot has its grace again and again': { seed: -1640531533, step: 146 },
  'a lot that expires as its gift is settled gives a lot that has expired': { seed: 2, step: 35 },
  'a top-up that was refunded does not count': { seed: 2, step: 171 },
  'a top-up may cross its cap': { seed: 2, step: 174 },
  'a window has a place for one reward more': { seed: -1640531533, step: 145 },
  'what is written late is never sealed': { seed: 2, step: 501 },
  'a campaign asked for twice at once breaks a constraint': { seed: 2, step: 21 },
  'a late redemption gives back what was used since': { seed: -1640531533, step: 386 },
  'a late redemption restores a window that opened since': { seed: -1640531533, step: 232 },
  'a late redemption spends a reset on what was used after its expiry': { seed: 2, step: 488 },
  'a given reset that came back is given on': { seed: -1640531531, step: 156 },
  'the last day of a reset that came back is not told': { seed: 387276921, step: 105 },
  'a window is restored before it opened': { seed: -1640531524, step: 66 },
};
