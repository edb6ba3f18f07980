/** The shortest sequence that still fails: steps are left out, many at once and then one by one (ddmin). */

/**
 * @param fails plays what is left; answers how many of its steps were done when it failed, or undefined
 * @param budget how often it may be played
 */
export async function shrink<Step>(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => Promise<number | undefined>,
  budget = 200,
): Promise<Step[]> {
  let shortest = [...steps];
  let tries = 0;
  const attempt = async (shorter: readonly Step[]): Promise<boolean> => {
    tries += 1;
    const done = await fails(shorter);
    if (done === undefined) return false;
    // What comes behind the step that failed does not matter.
    shortest = shorter.slice(0, done + 1);
    return true;
  };
  let size = Math.ceil(shortest.length / 2);
  while (shortest.length > 1 && tries < budget) {
    let found = false;
    // From the end: what is near to the failure is left out last, for it mostly belongs to it.
    for (let start = 0; start < shortest.length && tries < budget; ) {
      const shorter = [...shortest.slice(0, start), ...shortest.slice(start + size)];
      if (shorter.length > 0 && (await attempt(shorter))) found = true;
      else start += size;
    }
    if (size === 1 && !found) break;
    size = Math.max(1, Math.ceil(size / 2));
  }
  return shortest;
}
