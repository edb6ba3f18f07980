/** What the reminder of an expiring reset says, as text and as HTML. */

import { escaped } from '../../contracts/html-text.ts';
import type { DueReminder } from '../../ledger/resets/reset-reminders.ts';
import type { Mail } from '../gifts/claim-mail.ts';

/** @param publicUrl its host is in the Message-ID, by which a repeated mail is seen to be one. */
export function reminderMail({ reset_ids, expires_at, before }: DueReminder, publicUrl: string): Mail {
  const many = reset_ids.length > 1;
  const what = many ? `${reset_ids.length} banked resets` : '1 banked reset';
  const until = `${expires_at.slice(0, 10)} ${expires_at.slice(11, 16)} UTC`;
  const says = `${what} of yours ${many ? 'expire' : 'expires'} on ${until}.`;
  const why = `Redeemed before then, ${many ? 'each' : 'it'} fills your 5-hour and your weekly limit up again.`;
  return {
    subject: `${what} ${many ? 'expire' : 'expires'} on ${until}`,
    text: [says, why].join('\n\n'),
    html: [says, why].map((line) => `<p>${escaped(line)}</p>`).join('\n'),
    messageId: `<expiry.${reset_ids[0]}.${before.replaceAll(/[^\w]+/g, '-')}@${new URL(publicUrl).hostname}>`,
  };
}
