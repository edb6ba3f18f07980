/** Mail to recipients. No address, token or message text leaves this file except to the mail server. */
import { activityInfo, log } from '@temporalio/activity';
import type { Transporter } from 'nodemailer';
import { claimUrl } from '../contracts/claim-url.ts';
import type { ClaimMail } from '../contracts/gift.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { claimMail } from './claim-mail.ts';
import { failing } from './failure.ts';
import { withoutAddress } from './mail-failure.ts';

export type MailDependencies = {
  ledger: Pick<Ledger, 'findGift' | 'giftAddress'>;
  /** Undefined: no mail server is configured and nothing is sent. */
  transport: Pick<Transporter, 'sendMail'> | undefined;
  /** Sender of mails, as in `Boon <boon@example.com>`. */
  from: string;
  /** Base of claim links. */
  publicUrl: string;
};

export type MailActivities = ReturnType<typeof mailActivities>;

export function mailActivities({ ledger, transport, from, publicUrl }: MailDependencies) {
  return {
    /**
     * Mails the claim link of a gift. Nothing is sent for a gift that has ended or whose link is used.
     * A refused address is final (`mail_refused`); everything else is retried.
     */
    async sendClaimMail(giftId: string): Promise<ClaimMail> {
      if (transport === undefined) return 'not_needed';
      const { gift, email, token } = await failing(async () => {
        const [gift, address] = await Promise.all([ledger.findGift(giftId), ledger.giftAddress(giftId)]);
        return { gift, ...address };
      });
      if (token === undefined || gift.deadline === null) return 'not_needed';
      const mail = claimMail({ gift, url: claimUrl(publicUrl, giftId, token), publicUrl });
      try {
        await transport.sendMail({ ...mail, from, to: email });
      } catch (error) {
        throw withoutAddress(error);
      }
      log.info('Claim link mailed', { giftId, attempt: activityInfo().attempt });
      return 'sent';
    },
  };
}
