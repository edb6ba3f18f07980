/** What the mail with an invoice says, as text and as HTML. */

import type { InvoiceWithLines } from '../../contracts/billing/invoice.schema.ts';
import { firstDayOf } from '../../contracts/billing/invoice.ts';
import { escaped } from '../../contracts/html-text.ts';
import { priceText } from '../../contracts/purchases/purchase.ts';
import type { Mail } from '../gifts/claim-mail.ts';

/** How many lines the mail shows; the API has them all. */
const SHOWN = 50;

/** @param publicUrl its host is in the Message-ID, by which a repeated mail is seen to be one. */
export function invoiceMail(invoice: InvoiceWithLines, publicUrl: string): Mail {
  const { id, credits, total, lines } = invoice;
  const payment_url = invoice.status === 'open' ? invoice.payment_url : null;
  const subject = `Invoice ${id}: ${priceText(total)} for ${firstDayOf(invoice)} to ${invoice.month.ends_at.slice(0, 10)}`;
  const says = `Your members used ${credits} credits’ worth beyond their plans and your pool. ${demand(invoice)}`;
  const shown = lines.slice(0, SHOWN).map(({ member_id, product, model, uses, credits, amount }) => {
    const what = model === null ? product : `${product}, ${model}`;
    return `${member_id}: ${what}, ${uses} ${uses === 1 ? 'use' : 'uses'}, ${credits} credits, ${priceText(amount)}`;
  });
  if (lines.length > SHOWN) shown.push(`… and ${lines.length - SHOWN} more lines`);
  const pay = payment_url === null ? [] : [`Pay here: ${payment_url}`];
  return {
    subject,
    text: [says, shown.join('\n'), ...pay].join('\n\n'),
    html: [
      `<p>${escaped(says)}</p>`,
      `<ul>${shown.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`,
      ...(payment_url === null ? [] : [`<p><a href="${escaped(payment_url)}">Pay the invoice</a></p>`]),
    ].join('\n'),
    messageId: `<invoice.${id}@${new URL(publicUrl).hostname}>`,
  };
}

/** It may have been corrected, or paid, before it is mailed. */
function demand({ status, total, credited, open, due_at }: InvoiceWithLines): string {
  if (status !== 'open') return `It is ${status}: nothing is to be paid.`;
  const please = `Please pay ${priceText(open)} by ${due_at.slice(0, 10)}`;
  return credited.amount === 0
    ? `${please}.`
    : `${please}; ${priceText(credited)} of ${priceText(total)} were credited.`;
}
