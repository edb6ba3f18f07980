/** A gift as one caller sees it. */
import { claimUrl } from '../../contracts/gifts/claim-url.ts';
import { type Gift, isToBeClaimed } from '../../contracts/gifts/gift.ts';
import type { Transfer } from '../../contracts/gifts/transfer.schema.ts';

/** Which side of a gift a view is for. */
export type Side = 'sender' | 'recipient' | 'service';

/** Where a gift by e-mail went; the token is there until it is used. */
export type GiftAddress = { email: string; token: string | undefined };

export type ViewParts = {
  publicUrl: string;
  /** The moment at which it is looked at. */
  at: string;
  /** Needed for a gift by e-mail unless the view is the recipient's. */
  address?: GiftAddress | undefined;
  /** What the sender's account is called; null: it has no name. */
  from_name: string | null;
};

/**
 * The sender sees the address that they gave and never whose account claimed it; the recipient sees their own
 * account; a service sees both, and what an operator wrote.
 */
export function viewTransfer(
  gift: Gift,
  side: Side,
  { publicUrl, at, address, from_name }: ViewParts,
): Transfer {
  const link =
    side !== 'recipient' && isToBeClaimed(gift, at) && address?.token !== undefined
      ? { claim_url: claimUrl(publicUrl, gift.id, address.token) }
      : {};
  const { by_email: _by_email, policy_version: _policy_version, deadline: _deadline, ...shown } = gift;
  return {
    ...shown,
    from_name,
    to: recipient(gift, side, address),
    reason: side === 'service' ? gift.reason : null,
    ...link,
  };
}

/** Whether the view of this gift needs its address. */
export function needsAddress(gift: Gift, side: Side): boolean {
  return gift.by_email && side !== 'recipient';
}

function recipient(gift: Gift, side: Side, address: GiftAddress | undefined): Transfer['to'] {
  const account = gift.to === null ? {} : { account_id: gift.to };
  if (!gift.by_email || side === 'recipient') return account;
  const email = address === undefined ? {} : { email: address.email };
  return side === 'service' ? { ...email, ...account } : email;
}
