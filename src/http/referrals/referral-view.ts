/** A referral as one caller sees it. */
import { inviteUrl } from '../../contracts/referrals/invite-url.ts';
import type { ReferralView } from '../../contracts/referrals/referral.schema.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';

/** Which side of a referral a view is for. */
export type ReferralSide = 'referrer' | 'friend' | 'service';

/** Where an invitation went; the token is there until it is used or has ended. */
export type InvitationAddress = { email: string; token: string | undefined };

export type ReferralViewParts = {
  publicUrl: string;
  address?: InvitationAddress | undefined;
  /** What the referrer's account is called; null: it has no name. */
  referrer_name: string | null;
};

/**
 * The referrer sees the address that they wrote and never whose account used the link; the friend sees neither address
 * nor link; a service sees everything.
 */
export function viewReferral(
  referral: Referral,
  side: ReferralSide,
  { publicUrl, address, referrer_name }: ReferralViewParts,
): ReferralView {
  const { id, referrer_id, friend_id, reason, rewards, policy_version: _, ...shown } = referral;
  return {
    id,
    referrer_id,
    referrer_name,
    ...shown,
    ...invitation(referral, side, publicUrl, address),
    ...(side === 'service' ? { friend_id } : {}),
    reason: side === 'service' ? reason : null,
    rewards: rewards
      .filter(({ recipient }) => side === 'service' || recipient === side)
      .map(({ account_id, ...given }) => (side === 'service' ? { ...given, account_id } : given)),
  };
}

function invitation(
  { id, status }: Referral,
  side: ReferralSide,
  publicUrl: string,
  address: InvitationAddress | undefined,
): Pick<ReferralView, 'email' | 'link'> {
  if (side === 'friend' || address === undefined) return {};
  const { email, token } = address;
  return status === 'invited' && token !== undefined
    ? { email, link: inviteUrl(publicUrl, id, token) }
    : { email };
}
