/** Signatures of what Boon itself sends out and gets back later: each purpose has a key of its own. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export interface Signer {
  sign(text: string): string;
  isSigned(text: string, signature: string): boolean;
}

/** @param purpose what the signatures are for; one made for another purpose is none here. */
export function createSigner(encryptionKey: Buffer, purpose: string): Signer {
  const key = Buffer.from(hkdfSync('sha256', encryptionKey, '', purpose, 32));
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  return {
    sign,
    isSigned(text, signature) {
      const [right, given] = [Buffer.from(sign(text)), Buffer.from(signature)];
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
