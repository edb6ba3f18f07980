/** Mails of referrals. No address or token leaves the worker except to the mail server. */
import { createHash } from 'node:crypto';
import type { GivenReward, MailOutcome } from '../../contracts/referrals/referral.ts';
import type { ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { letterWriters } from '../letter-writers.ts';
import type { MailDependencies } from '../mail.ts';
import { makePost } from '../post.ts';
import { attemptAt } from '../scheduled-at.ts';

export type ReferralMailActivities = ReturnType<typeof referralMailActivities>;
type Recipient = GivenReward['recipient'];

/** Those of a reward, in the order in which they are mailed where one activity of an earlier version mails both. */
const RECIPIENTS: readonly Recipient[] = ['referrer', 'friend'];

export function referralMailActivities(dependencies: MailDependencies) {
  const post = makePost(dependencies);
  const writers = letterWriters(dependencies);
  return {
    /**
     * Mails the invitation with its link, once; nothing once the link was used or has ended.
     * @param time how often it was mailed before
     * @param at when it is asked for; runs of earlier versions did not say
     * @param request what asked for it to be mailed again: each request is a letter of its own
     */
    async sendInvitation(
      referralId: ReferralId,
      time: number,
      at?: Instant,
      request?: string,
    ): Promise<MailOutcome> {
      const which = request === undefined ? `${time}` : digestOf(request);
      const letter = { kind: 'invitation', subject: referralId, which } as const;
      const moment = attemptAt(at);
      const sent = await post.deliver(letter, moment, () => writers.invitation(letter, moment));
      return sent ? 'sent' : 'not_needed';
    },

    /**
     * Mails one of those who were rewarded.
     * @param recipient runs of earlier versions did not say: then each is mailed, whatever happened to the other's
     * letter
     */
    async sendRewardMail(referralId: ReferralId, recipient?: Recipient, at?: Instant): Promise<MailOutcome> {
      const moment = attemptAt(at);
      const told = await Promise.allSettled(
        (recipient === undefined ? RECIPIENTS : [recipient]).map((which) => {
          const letter = { kind: 'reward', subject: referralId, which } as const;
          return post.deliver(letter, moment, () => writers.reward(letter, moment));
        }),
      );
      const failed = told.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return told.some((one) => one.status === 'fulfilled' && one.value) ? 'sent' : 'not_needed';
    },
  };
}

/** Of any request's form, and so short that the Message-ID fits a line. */
function digestOf(request: string): string {
  return createHash('sha256').update(request).digest('hex').slice(0, 8);
}
