/** Where Stripe's messages arrive. They are signed over their bytes, so the body is left as it came. */
import type { FastifyPluginAsync } from 'fastify';
import { BoonError } from '../../contracts/errors.ts';
import type { PurchaseDesk } from './purchase-desk.ts';

export const stripeWebhookRoutes: FastifyPluginAsync<{ desk: PurchaseDesk }> = async (app, { desk }) => {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.route({
    method: 'POST',
    url: '/v1/webhooks/stripe',
    // Its signature is its credential.
    config: { access: 'public' },
    schema: { hide: true },
    handler: async (request) => {
      const signature = request.headers['stripe-signature'];
      if (typeof signature !== 'string' || !Buffer.isBuffer(request.body)) {
        throw new BoonError('webhook_invalid', 'A signed body is needed.');
      }
      return { received: true, of_a_purchase: await desk.hear(request.body, signature) };
    },
  });
};
