/** Ids that sort by the time they were made in, so that an index of them grows at one end. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Writes `<prefix>_` and 26 characters of Crockford base32: 48 bits of epoch milliseconds, then 80 random bits.
 * @param random at least 10 random bytes.
 */
export function orderedId(prefix: string, epochMilliseconds: number, random: Uint8Array): string {
  const high = Math.floor(epochMilliseconds / 2 ** 25);
  return `${prefix}_${base32(high, 5)}${base32(epochMilliseconds % 2 ** 25, 5)}${ofBytes(random, 0)}${ofBytes(random, 5)}`;
}

/** 40 bits: five bytes are eight characters. */
function ofBytes(bytes: Uint8Array, first: number): string {
  const byte = (at: number) => bytes[first + at] ?? 0;
  const high = (byte(0) << 12) | (byte(1) << 4) | (byte(2) >> 4);
  const low = ((byte(2) & 15) << 16) | (byte(3) << 8) | byte(4);
  return base32(high, 4) + base32(low, 4);
}

/** The lowest bits of a number below 2³¹, five a character. */
function base32(bits: number, characters: number): string {
  let text = '';
  for (let shift = (characters - 1) * 5; shift >= 0; shift -= 5) text += ALPHABET[(bits >>> shift) & 31];
  return text;
}
