/** What the add-credits page says: what can be bought, or what happened to a purchase. */

import type { PackageList } from '../../contracts/purchases/purchase.schema.ts';
import { type Purchase, packageText, priceText } from '../../contracts/purchases/purchase.ts';
import { type Html, html } from './html.ts';
import type { PageParts } from './page.ts';

export type Offer = {
  accountId: string;
  packages: PackageList['data'];
  /** Where the forms are sent: this page with its ticket. */
  action: string;
  /** A new key for each form: one that is sent twice buys once. */
  newKey: () => string;
};

/** The page that offers the packages, each with a button. */
export function offerPage({ accountId, packages, action, newKey }: Offer): PageParts {
  const rows = packages.map((sold) => {
    const name = `${packageText(sold)} for ${priceText(sold.price)}`;
    return html`<li><span>${name}</span><form method="post" action="${action}">
<input type="hidden" name="package" value="${sold.id}"><input type="hidden" name="key" value="${newKey()}">
<button aria-label="Buy ${name}">Buy</button></form></li>`;
  });
  return {
    title: 'Add credits',
    content: html`<p>For the account <strong>${accountId}</strong>. What you buy is there as soon as it is paid.</p>
<ul>${rows}</ul>`,
  };
}

/**
 * @param again the page with what can be bought.
 * @param at the moment at which it is looked at: nobody is sent to a payment whose time is over.
 */
export function outcomePage(purchase: Purchase, again: string, at: string): PageParts {
  const { title, text } = outcome(purchase, at);
  return {
    title,
    content: html`<p role="status">${text}</p>
<p><a href="${again}">Buy more</a></p>`,
  };
}

function outcome(purchase: Purchase, at: string): { title: string; text: string | Html } {
  const bought = packageText(purchase);
  const price = priceText(purchase.price);
  switch (purchase.status) {
    case 'paid':
      return { title: 'Thank you', text: `${price} are paid, and ${bought} ${verb(purchase)} yours.` };
    case 'open': {
      const pay =
        purchase.checkout === null || purchase.expires_at <= at
          ? ''
          : html` You can <a href="${purchase.checkout.url}">go on to the payment</a>.`;
      const wait = 'If you have just paid, look again in a moment.';
      return {
        title: 'Not paid yet',
        text: html`${bought} for ${price}: nothing has been paid so far. ${wait}${pay}`,
      };
    }
    case 'refunded':
      return { title: 'Paid back', text: `The ${price} for ${bought} have gone back to you.` };
    case 'expired':
      return {
        title: 'Not paid',
        text: `${bought} for ${price}: the time to pay is over. Nothing was paid.`,
      };
    case 'failed':
      return {
        title: 'Not paid',
        text: `${bought} for ${price}: the payment was declined. Nothing was paid.`,
      };
  }
}

function verb({ credits, resets }: Purchase): string {
  return credits === '1' || resets === 1 ? 'is' : 'are';
}
