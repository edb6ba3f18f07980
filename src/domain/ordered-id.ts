/** Ids that sort by the time they were made in, so that an index of them grows at one end. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Writes `<prefix>_` and 26 characters of Crockford base32: 48 bits of epoch milliseconds, then 80 random bits.
 * @param random at least 10 random bytes.
 */
export function orderedId(prefix: string, epochMilliseconds: number, random: Uint8Array): string {
  let bits = BigInt(epochMilliseconds) & 0xffff_ffff_ffffn;
  for (const byte of random.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((bits >> shift) & 31n)];
  return `${prefix}_${text}`;
}
