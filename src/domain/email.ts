/**
 * E-mail addresses: which are taken, and the one form in which two spellings of a mailbox are compared. Letters of every
 * script are taken (RFC 6531); a domain's are compared as its ASCII form (IDNA), those before the @ composed (NFC).
 */

/** No quoted or bracketed forms, no dot at an end or beside another. */
const LOCAL = /^(?:[\p{L}\p{N}\p{M}_'+-]+\.)*[\p{L}\p{N}\p{M}_'+-]*[\p{L}\p{N}\p{M}_+-]$/u;
const LOCAL_BYTES = 64;
/** What may stand in a domain as people write it. */
const DOMAIN_LETTERS = /^[\p{L}\p{N}\p{M}.。-]+$/u;
const ASCII_DOMAIN =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$/;
const MOST_BYTES = 254;

/** The form by which a mailbox is known, the same for all spellings of it; undefined of what is no address. */
export function canonicalEmail(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  if (at < 1) return undefined;
  const local = text.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC');
  const domain = asciiDomain(text.slice(at + 1));
  if (!LOCAL.test(local) || domain === undefined) return undefined;
  const bytes = new TextEncoder().encode(local).length;
  return bytes <= LOCAL_BYTES && bytes + 1 + domain.length <= MOST_BYTES ? `${local}@${domain}` : undefined;
}

/** A domain in small letters of ASCII, as it is looked up; undefined of what is none. */
function asciiDomain(domain: string): string | undefined {
  if (!DOMAIN_LETTERS.test(domain)) return undefined;
  const ascii = hostOf(domain);
  return ascii !== undefined && ASCII_DOMAIN.test(ascii) ? ascii : undefined;
}

/** By the URL standard's IDNA, which Node and browsers have. */
function hostOf(domain: string): string | undefined {
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return undefined;
  }
}
