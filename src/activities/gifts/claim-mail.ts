/** The mail with a claim link: what it says, as text and as HTML. */
import { type Gift, givenText } from '../../contracts/gifts/gift.ts';
import { escaped } from '../../contracts/html-text.ts';

export type Mail = { subject: string; text: string; html: string; messageId: string };

/**
 * Writes the mail.
 * @param from the name of who gives; never the id of an account. Null: they have none.
 * @param url the claim link.
 * @param publicUrl its host is in the Message-ID, which is the same at each try, so that a repeated mail is seen to be
 * one.
 */
export function claimMail({
  gift,
  from,
  url,
  publicUrl,
}: {
  gift: Gift;
  from: string | null;
  url: string;
  publicUrl: string;
}): Mail {
  const subject = `${givenText(gift)} for you`;
  const given = `${from ?? 'Somebody'} gives you ${givenText(gift)}.`;
  const until = `The link works once, until ${untilText(gift)}. Unclaimed, the credits go back.`;
  const says = gift.message === null ? [] : [`“${gift.message}”`];
  return {
    subject,
    text: [given, ...says, `Claim them: ${url}`, until].join('\n\n'),
    html: [
      `<p>${escaped(given)}</p>`,
      ...says.map((line) => `<blockquote>${escaped(line)}</blockquote>`),
      `<p><a href="${escaped(url)}">Claim the credits</a></p>`,
      `<p>${escaped(until)}</p>`,
    ].join('\n'),
    messageId: `<claim.${gift.id}@${new URL(publicUrl).hostname}>`,
  };
}

function untilText(gift: Gift): string {
  const instant = gift.claim_expires_at ?? gift.settles_at;
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}
