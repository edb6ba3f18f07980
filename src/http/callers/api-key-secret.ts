/** Making of API keys. */
import { randomBytes } from 'node:crypto';

/** A new key: 256 random bits behind a prefix that secret scanners can look for. */
export function newApiKey(): string {
  return `boon_sk_${randomBytes(32).toString('base64url')}`;
}
