/** Invitation links: what an invited friend opens. */
import type { ReferralId } from '../../domain/ids.ts';

/**
 * The personal link of an invitation. The token stands in the fragment, which browsers send to no server, so that it
 * reaches no access log.
 * @param publicUrl base of the links (`BOON_PUBLIC_URL`), with or without a trailing slash.
 */
export function inviteUrl(publicUrl: string, referralId: ReferralId, token: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/invite/${referralId}#token=${token}`;
}
