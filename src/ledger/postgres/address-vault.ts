/**
 * E-mail addresses and claim tokens at rest: encrypted with AES-256-GCM, and found by a keyed digest. The key
 * never reaches the database.
 */

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalEmail } from '../../domain/email.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals addresses and tokens, and makes the digests by which they are found. */
export class AddressVault {
  readonly #sealKey: Buffer;
  readonly #indexKey: Buffer;

  /** @param key 32 random bytes; two keys, one for sealing and one for digests, are derived from it. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new TypeError(`the encryption key must be 32 bytes, not ${key.length}`);
    this.#sealKey = Buffer.from(hkdfSync('sha256', key, '', 'boon seal', 32));
    this.#indexKey = Buffer.from(hkdfSync('sha256', key, '', 'boon index', 32));
  }

  /** Encrypts; hex of nonce, tag and ciphertext. Twice the same text gives two different results. */
  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('hex');
  }

  /** Decrypts what {@link seal} made. @throws Error when it was changed or made with another key. */
  open(sealed: Buffer): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#sealKey, sealed.subarray(0, NONCE_BYTES), {
      // Otherwise a tag that was cut short would do.
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return (
      decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    );
  }

  /** The same; undefined where {@link open} throws: one address that cannot be read must not hide the others. */
  openIfItCan(sealed: Buffer): string | undefined {
    try {
      return this.open(sealed);
    } catch {
      return undefined;
    }
  }

  /** What tells this key from another, and nothing of the key. */
  checkValue(): Buffer {
    return createHmac('sha256', this.#indexKey).update('which key is it').digest();
  }

  /** The digest by which an address is found; the same for every spelling of it (`canonicalEmail`). Hex. */
  indexOf(address: string): string {
    return createHmac('sha256', this.#indexKey)
      .update(canonicalEmail(address.trim()) ?? address.trim().toLowerCase())
      .digest('hex');
  }
}

/** A claim token: 256 random bits, as text for a link. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The digest a token is checked by, hex. The check compares digests: how long it takes tells nothing of the
 * token, since nobody can choose a digest.
 */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
