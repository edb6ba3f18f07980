/**
 * Credits: the unit of value. Inside Boon an amount is a whole number of micro-credits (`bigint`, one credit
 * is 1,000,000); at every border (JSON, Temporal payloads) it is a canonical decimal string of credits.
 */

/** Credits as a canonical decimal text, such as `12.5`: at most six decimals, no trailing zeros. A sum may be negative. */
export type Credits = string;

/** Credits as Boon counts them: a whole number of millionths of a credit. */
export type MicroCredits = bigint;

/** How many micro-credits make one credit. */
const MICRO_PER_CREDIT = 1_000_000n;

/** The largest amount one operation may move: what a PostgreSQL BIGINT holds, divided so that sums stay inside. */
export const MAX_MICRO_CREDITS = 1_000_000_000_000_000n;

/** No sign, no exponent, no leading zero, at most six decimals, no trailing zero: one spelling per amount. */
export const CREDITS_PATTERN = /^(0|[1-9]\d*)(\.\d{0,5}[1-9])?$/;

/**
 * Reads a canonical decimal string of credits.
 * @returns micro-credits, or `undefined` when the text is not canonical or above {@link MAX_MICRO_CREDITS}.
 */
export function parseCredits(text: string): MicroCredits | undefined {
  if (text.length > 32 || !CREDITS_PATTERN.test(text)) return undefined;
  const [whole = '0', fraction = ''] = text.split('.');
  const micro = BigInt(whole) * MICRO_PER_CREDIT + BigInt(fraction.padEnd(6, '0'));
  return micro <= MAX_MICRO_CREDITS ? micro : undefined;
}

/** Writes micro-credits as a decimal string of credits: canonical, with a leading `-` when negative. */
export function formatCredits(micro: MicroCredits): Credits {
  const magnitude = micro < 0n ? -micro : micro;
  const fraction = (magnitude % MICRO_PER_CREDIT).toString().padStart(6, '0').replace(/0+$/, '');
  const whole = (magnitude / MICRO_PER_CREDIT).toString();
  return `${micro < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Adds up decimal strings of credits. A sum may be above {@link MAX_MICRO_CREDITS}; each text must be canonical. */
export function sumCredits(texts: readonly Credits[]): Credits {
  let sum = 0n;
  for (const text of texts) {
    const [whole = '0', fraction = ''] = text.split('.');
    sum += BigInt(whole) * MICRO_PER_CREDIT + BigInt(fraction.padEnd(6, '0'));
  }
  return formatCredits(sum);
}
