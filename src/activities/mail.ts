/** Mail to recipients of gifts. No address, token or message text leaves the worker except to the mail server. */
import type { Transporter } from 'nodemailer';
import type { ClaimMail } from '../contracts/gifts/gift.ts';
import type { GiftId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Letters } from '../ledger/letters.ts';
import { type LetterLedger, letterWriters } from './letter-writers.ts';
import { makePost } from './post.ts';
import { attemptAt } from './scheduled-at.ts';

export type MailDependencies = {
  ledger: LetterLedger & Letters;
  /** Undefined: no mail server is configured and nothing is sent. */
  transport: Pick<Transporter, 'sendMail'> | undefined;
  /** Sender of mails, as in `Boon <boon@example.com>`. */
  from: string;
  /** Base of claim links. */
  publicUrl: string;
};

export type MailActivities = ReturnType<typeof mailActivities>;

export function mailActivities(dependencies: MailDependencies) {
  const post = makePost(dependencies);
  const writers = letterWriters(dependencies);
  return {
    /**
     * Mails the claim link of a gift, once. Nothing is sent for a gift that has ended or whose link is used.
     * A refused address is final (`mail_refused`), and so is a day without success; everything else is retried.
     * @param at when it is asked for; runs of earlier versions did not say
     */
    async sendClaimMail(giftId: GiftId, at?: Instant): Promise<ClaimMail> {
      const letter = { kind: 'claim', subject: giftId } as const;
      const moment = attemptAt(at);
      const sent = await post.deliver(letter, moment, () => writers.claim(letter, moment));
      return sent ? 'sent' : 'not_needed';
    },
  };
}
