/** What the mails of a referral say, as text and as HTML. */

import { escaped } from '../../contracts/html-text.ts';
import type { GivenReward, Referral } from '../../contracts/referrals/referral.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Mail } from '../gifts/claim-mail.ts';

/**
 * The invitation.
 * @param from the name of who invites; never the id of an account. Null: they have none.
 * @param url the friend's personal link.
 * @param publicUrl its host is in the Message-ID.
 * @param which which one: a try of the same mail is seen to be one, another mail is another.
 */
export function invitationMail(letter: {
  referral: Referral;
  from: string | null;
  url: string;
  publicUrl: string;
  which: string;
}): Mail {
  const { referral, from, url, publicUrl, which } = letter;
  const { prompts_required: prompts } = referral;
  const invites = `${from ?? 'A friend'} invites you`;
  const counts =
    prompts === 1
      ? 'It counts once you have sent your first message.'
      : `It counts once you have sent ${prompts} messages.`;
  const until = `The link is yours alone, and works until ${untilText(referral.expires_at)}.`;
  return {
    subject: invites,
    text: [`${invites}.`, `Accept the invitation: ${url}`, counts, until].join('\n\n'),
    html: [
      `<p>${escaped(invites)}.</p>`,
      `<p><a href="${escaped(url)}">Accept the invitation</a></p>`,
      `<p>${escaped(counts)}</p>`,
      `<p>${escaped(until)}</p>`,
    ].join('\n'),
    messageId: `<invite.${referral.id}.${which}@${new URL(publicUrl).hostname}>`,
  };
}

/** The news of a reward. */
export function rewardMail(letter: { referral: Referral; reward: GivenReward; publicUrl: string }): Mail {
  const { referral, reward, publicUrl } = letter;
  const given = rewardText(reward);
  const why =
    reward.recipient === 'referrer'
      ? 'A friend whom you invited has come and counts.'
      : 'You came by an invitation, and it counts.';
  const says = `${why} You have received ${given}.`;
  return {
    subject: `You have received ${given}`,
    text: says,
    html: `<p>${escaped(says)}</p>`,
    messageId: `<reward.${referral.id}.${reward.recipient}@${new URL(publicUrl).hostname}>`,
  };
}

/** `1 usage reset`, `2 usage resets and 5 credits`. */
function rewardText({ resets, credits }: GivenReward): string {
  const parts = [
    ...(resets === 0 ? [] : [resets === 1 ? '1 usage reset' : `${resets} usage resets`]),
    ...(credits === '0' ? [] : [`${credits} credits`]),
  ];
  return parts.join(' and ');
}

function untilText(instant: Instant): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}
