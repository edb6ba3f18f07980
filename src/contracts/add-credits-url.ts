/** Where credits are added: what the answer `limit_reached` links to. */

/**
 * The add-credits link of an account.
 * @param publicUrl base of the links (`BOON_PUBLIC_URL`), with or without a trailing slash.
 */
export function addCreditsUrl(publicUrl: string, accountId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/credits?account=${encodeURIComponent(accountId)}`;
}
