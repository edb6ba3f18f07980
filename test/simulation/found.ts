/** By which seed and at which of its steps the simulation found each fault (`npm run simulate -- --fault all`). */
export const FOUND: Readonly<Record<string, { seed: number; step: number }>> = {};
