/** End users' tokens for the harness, whose API takes them unsigned. */

/**
 * A JWT without a signature that speaks for an account. Accepted only by an API that is configured to trust such
 * tokens.
 */
export function unsignedToken(accountId: string, now: Date): string {
  const issued = Math.floor(now.getTime() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: accountId, iat: issued, exp: issued + 3600 })}.`;
}
