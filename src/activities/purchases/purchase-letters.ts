/** What mails about purchases say, as text and as HTML. */

import { escaped } from '../../contracts/html-text.ts';
import { type Purchase, packageText, priceText } from '../../contracts/purchases/purchase.ts';
import type { Refund } from '../../contracts/purchases/refund.ts';
import type { CreditReminder } from '../../ledger/purchases/credit-reminders.ts';
import type { Mail } from '../gifts/claim-mail.ts';

/**
 * The receipt of a paid purchase, or the news that a top-up was not paid; undefined when there is nothing to say.
 * @param publicUrl its host is in the Message-ID, by which a repeated mail is seen to be one.
 */
export function purchaseMail(purchase: Purchase, publicUrl: string): Mail | undefined {
  const what = packageText(purchase);
  const price = priceText(purchase.price);
  const messageId = `<purchase.${purchase.id}@${new URL(publicUrl).hostname}>`;
  if (purchase.paid_at !== null) {
    const how =
      purchase.kind === 'top_up'
        ? `Your credits were running low, so ${what} were bought for ${price}, as you had agreed.`
        : `Thank you: ${what} for ${price}, paid. You can use them now.`;
    const until = purchase.resets === 0 ? ['They are listed, with their expiry, in your balance.'] : [];
    return letter(`${what}: paid`, [how, ...until], messageId);
  }
  if (purchase.kind !== 'top_up') return undefined;
  const why = `The charge of ${price} for ${what} did not go through${purchase.reason_code === null ? '' : ` (${purchase.reason_code})`}.`;
  return letter(
    'Your automatic top-up was not paid',
    [why, 'It is tried again later, unless you switch it off.'],
    messageId.replace('<purchase.', '<top-up.'),
  );
}

/** The news that money goes back, and what that took from the account. */
export function refundMail(refund: Refund, purchase: Purchase, publicUrl: string): Mail {
  const price = priceText(refund.amount);
  const { taken_back: taken, owed } = refund;
  const messageId = `<refund.${refund.id}@${new URL(publicUrl).hostname}>`;
  const says = [
    `${price} that you paid for ${packageText(purchase)} go back the way they came. Your bank may take some days to show them.`,
  ];
  if (taken.credits !== '0') says.push(`${taken.credits} credits were taken out of your account for it.`);
  if (taken.resets > 0)
    says.push(`${packageText({ credits: '0', resets: taken.resets })} went out of your account for it.`);
  if (owed !== '0')
    says.push(`You had spent ${owed} of the credits: your next purchase pays for these first.`);
  return letter(`${price} go back to you`, says, messageId);
}

/** The letter about bought credits that expire soon. */
export function creditReminderMail(reminder: CreditReminder, publicUrl: string): Mail {
  const { lot_id, remaining, expires_at, before } = reminder;
  const until = `${expires_at.slice(0, 10)} ${expires_at.slice(11, 16)} UTC`;
  const messageId = `<credits.${lot_id}.${before.replaceAll(/[^\w]+/g, '-')}@${new URL(publicUrl).hostname}>`;
  const says = [
    `${remaining} credits that you bought expire on ${until}.`,
    'Used or given away before then, they are not lost.',
  ];
  return letter(`${remaining} credits expire on ${until}`, says, messageId);
}

function letter(subject: string, says: string[], messageId: string): Mail {
  return {
    subject,
    text: says.join('\n\n'),
    html: says.map((line) => `<p>${escaped(line)}</p>`).join('\n'),
    messageId,
  };
}
