/** What each letter says and to whom, from how the ledger has its subject at the moment. No address leaves but with the letter. */
import { claimUrl } from '../contracts/gifts/claim-url.ts';
import { isToBeClaimed } from '../contracts/gifts/gift.ts';
import type { LetterKind, LetterName } from '../contracts/letter.ts';
import { inviteUrl } from '../contracts/referrals/invite-url.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Billing } from '../ledger/billing/billing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Purchases } from '../ledger/purchases/purchases.ts';
import type { Refunds } from '../ledger/purchases/refunds.ts';
import type { Referrals } from '../ledger/referrals/referrals.ts';
import { invoiceMail } from './billing/invoice-letter.ts';
import { claimMail } from './gifts/claim-mail.ts';
import type { WrittenLetter } from './post.ts';
import { purchaseMail, refundMail } from './purchases/purchase-letters.ts';
import { invitationMail, rewardMail } from './referrals/referral-letters.ts';

export type LetterLedger = Pick<Ledger, 'findGift' | 'giftAddress' | 'findAccount'> &
  Pick<Referrals, 'findReferral' | 'referralAddresses'> &
  Pick<Purchases, 'findPurchase'> &
  Pick<Refunds, 'findRefund'> &
  Pick<Billing, 'findInvoice' | 'invoiceAddress'>;

/** Reminders are written by their duties, from what these find. */
export type WrittenKind = Exclude<LetterKind, 'reset_reminder' | 'credit_reminder'>;
/** Undefined if there is nothing to say at the moment, or nobody to say it to. */
type Write = (letter: LetterName, at: Instant) => Promise<WrittenLetter | undefined>;
export type LetterWriters = Record<WrittenKind, Write>;

/** @param publicUrl base of links in letters. */
export function letterWriters({
  ledger,
  publicUrl,
}: {
  ledger: LetterLedger;
  publicUrl: string;
}): LetterWriters {
  return {
    /** Nothing for a gift that has ended or whose link is used, or does not work any more. */
    async claim({ subject }, at) {
      const [gift, { email, token }] = await Promise.all([
        ledger.findGift(subject),
        ledger.giftAddress(subject),
      ]);
      if (
        token === undefined ||
        (gift.status === 'awaiting_claim' && !isToBeClaimed(gift, at)) ||
        gift.deadline === null
      )
        return undefined;
      const [url, from] = [claimUrl(publicUrl, subject, token), await nameOf(gift.from)];
      return { to: email, mail: claimMail({ gift, from, url, publicUrl }) };
    },

    /** Nothing once the link was used or has ended. */
    async invitation({ subject, which = '0' }, at) {
      const [referral, addresses] = await Promise.all([
        ledger.findReferral(subject, at),
        ledger.referralAddresses([subject]),
      ]);
      const address = addresses.get(subject);
      if (referral.status !== 'invited' || address?.token === undefined) return undefined;
      const url = inviteUrl(publicUrl, subject, address.token);
      const from = await nameOf(referral.referrer_id);
      return { to: address.email, mail: invitationMail({ referral, from, url, publicUrl, which }) };
    },

    /** Nothing to those who were given nothing, or lost it again. */
    async reward({ subject, which }) {
      const referral = await ledger.findReferral(subject);
      const reward = referral.rewards.find(({ recipient }) => recipient === which);
      if (reward === undefined || reward.taken_back !== null) return undefined;
      return await toAccount(reward.account_id, rewardMail({ referral, reward, publicUrl }));
    },

    async purchase({ subject }) {
      const purchase = await ledger.findPurchase(subject);
      if (purchase.paid_at === null) return undefined;
      return await toAccount(purchase.account_id, purchaseMail(purchase, publicUrl));
    },

    async top_up_unpaid({ subject }) {
      const purchase = await ledger.findPurchase(subject);
      if (purchase.paid_at !== null) return undefined;
      return await toAccount(purchase.account_id, purchaseMail(purchase, publicUrl));
    },

    /** Nothing about one that failed, for what it took is there again. */
    async refund({ subject }) {
      const refund = await ledger.findRefund(subject);
      if (refund.status !== 'succeeded') return undefined;
      const purchase = await ledger.findPurchase(refund.purchase_id);
      return await toAccount(refund.account_id, refundMail(refund, purchase, publicUrl));
    },

    async invoice({ subject }) {
      const to = await ledger.invoiceAddress(subject);
      if (to === undefined) return undefined;
      return { to, mail: invoiceMail(await ledger.findInvoice(subject), publicUrl) };
    },
  };

  async function nameOf(id: AccountId): Promise<string | null> {
    return (await ledger.findAccount(id)).name;
  }

  async function toAccount(
    id: string,
    mail: WrittenLetter['mail'] | undefined,
  ): Promise<WrittenLetter | undefined> {
    if (mail === undefined) return undefined;
    const { email } = await ledger.findAccount(id);
    return email === null ? undefined : { to: email, mail };
  }
}
