/** Claim links: what a recipient by e-mail opens. */
import type { GiftId } from '../../domain/ids.ts';

/**
 * The claim link of a gift. The token stands in the fragment, which browsers send to no server, so that it
 * reaches no access log.
 * @param publicUrl base of the links (`BOON_PUBLIC_URL`), with or without a trailing slash.
 */
export function claimUrl(publicUrl: string, giftId: GiftId, token: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/claim/${giftId}#token=${token}`;
}
