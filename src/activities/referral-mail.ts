/** Mails of referrals. No address or token leaves this file except to the mail server. */
import { activityInfo, log } from '@temporalio/activity';
import { inviteUrl } from '../contracts/invite-url.ts';
import type { MailOutcome, Referral } from '../contracts/referral.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Referrals } from '../ledger/referrals.ts';
import type { Mail } from './claim-mail.ts';
import { failing } from './failure.ts';
import type { MailDependencies } from './mail.ts';
import { withoutAddress } from './mail-failure.ts';
import { invitationMail, rewardMail } from './referral-letters.ts';

type ReferralMailDependencies = Omit<MailDependencies, 'ledger'> & {
  ledger: Pick<Referrals, 'findReferral' | 'referralAddresses'> & Pick<Ledger, 'findAccount'>;
};

export type ReferralMailActivities = ReturnType<typeof referralMailActivities>;

export function referralMailActivities({ ledger, transport, from, publicUrl }: ReferralMailDependencies) {
  return {
    /**
     * Mails the invitation with its link; nothing once the link was used or has ended.
     * @param time how often it was mailed before.
     */
    async sendInvitation(referralId: string, time: number): Promise<MailOutcome> {
      if (transport === undefined) return 'not_needed';
      const { referral, address } = await failing(async () => {
        const [referral, addresses] = await Promise.all([
          ledger.findReferral(referralId),
          ledger.referralAddresses([referralId]),
        ]);
        return { referral, address: addresses.get(referralId) };
      });
      if (referral.status !== 'invited' || address?.token === undefined) return 'not_needed';
      const url = inviteUrl(publicUrl, referralId, address.token);
      await send(address.email, invitationMail({ referral, url, publicUrl, time }));
      log.info('Invitation mailed', { referralId, time, attempt: activityInfo().attempt });
      return 'sent';
    },

    /** Tells each who was rewarded and has an address. */
    async sendRewardMail(referralId: string): Promise<MailOutcome> {
      if (transport === undefined) return 'not_needed';
      const referral = await failing(() => ledger.findReferral(referralId));
      const told = await Promise.all(referral.rewards.map((reward) => tell(referral, reward)));
      return told.includes(true) ? 'sent' : 'not_needed';
    },
  };

  async function tell(referral: Referral, reward: Referral['rewards'][number]): Promise<boolean> {
    const { email } = await failing(() => ledger.findAccount(reward.account_id));
    if (email === null) return false;
    await send(email, rewardMail({ referral, reward, publicUrl }));
    return true;
  }

  async function send(to: string, mail: Mail): Promise<void> {
    try {
      await transport?.sendMail({ ...mail, from, to });
    } catch (error) {
      throw withoutAddress(error);
    }
  }
}
