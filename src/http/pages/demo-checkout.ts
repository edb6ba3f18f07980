/** The page on which purchases are paid in the demonstration: one button pays, the other declines. No money moves. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { type Purchase, packageText, priceText } from '../../contracts/purchases/purchase.ts';
import { DEMO_CHECKOUT, DEMO_OUTCOMES, type DemoPayments } from '../../payments/demo-payments.ts';
import type { PurchaseDesk } from '../purchases/purchase-desk.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { html } from './html.ts';
import { type PageParts, sendPage, takeForms } from './page.ts';

type DemoParts = Pick<ServerParts, 'ledger' | 'clock' | 'creditsLink'> & {
  desk: PurchaseDesk;
  payments: DemoPayments;
};

const url = `${DEMO_CHECKOUT}/:id`;
const ParamsSchema = z.object({ id: z.string().max(200) });
const FormSchema = z.strictObject({ outcome: z.enum(DEMO_OUTCOMES) });

export const demoCheckoutRoutes: FastifyPluginAsyncZod<DemoParts> = async (app, parts) => {
  const { desk, ledger, clock, payments, creditsLink } = parts;
  takeForms(app);

  app.route({
    method: 'GET',
    url,
    // The page's name is its credential, as on a real provider's pages.
    config: { access: 'public' },
    schema: { hide: true, params: ParamsSchema },
    handler: async (request, reply) => {
      const purchase = await purchaseOf(request.params.id);
      const back = creditsLink.backTo(purchase);
      return sendPage(
        reply,
        canBePaid(purchase) ? checkoutPage(purchase, back) : closedPage(purchase, back),
        [new URL(back).origin],
      );
    },
  });

  app.route({
    method: 'POST',
    url,
    config: { access: 'public' },
    schema: { hide: true, params: ParamsSchema, body: FormSchema },
    handler: async (request, reply) => {
      const purchase = await purchaseOf(request.params.id);
      if (canBePaid(purchase)) {
        const { body, signature } = payments.webhookOf(purchase, request.body.outcome, clock());
        await desk.hear(body, signature);
      }
      return reply.redirect(creditsLink.backTo(purchase), 303);
    },
  });

  async function purchaseOf(pageId: string): Promise<Purchase> {
    const id = payments.purchaseOfPage(pageId);
    if (id === undefined) throw new BoonError('not_found', 'There is no such page.');
    return await ledger.findPurchase(id);
  }

  function canBePaid({ status, expires_at }: Purchase): boolean {
    return status === 'open' && clock().getTime() < Date.parse(expires_at);
  }
};

const DEMONSTRATION = html`<p class="note">This is a demonstration: no money moves.</p>`;

function checkoutPage(purchase: Purchase, back: string): PageParts {
  return {
    title: 'Payment (demonstration)',
    content: html`${DEMONSTRATION}
<p><strong>${packageText(purchase)}</strong> for <strong>${priceText(purchase.price)}</strong></p>
<form method="post">
<button name="outcome" value="paid">Pay ${priceText(purchase.price)}</button>
<button name="outcome" value="failed">Decline</button>
</form>
<p><a href="${back}">Back without paying</a></p>`,
  };
}

function closedPage({ status }: Purchase, back: string): PageParts {
  return {
    title: 'Payment (demonstration)',
    content: html`${DEMONSTRATION}
<p role="status">Nothing can be paid here any more: the purchase is ${status === 'open' ? 'too old' : status}.</p>
<p><a href="${back}">Go back</a></p>`,
  };
}
