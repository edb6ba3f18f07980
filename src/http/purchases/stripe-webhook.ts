/** Where Stripe's messages arrive. They are signed over their bytes, so the body is left as it came. */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { publicRefusals } from '../route/answers.ts';
import type { PurchaseDesk } from './purchase-desk.ts';

const EventSchema = z
  .looseObject({
    id: z.string().meta({ description: 'Stripe’s id of the message' }),
    type: z.string().meta({ description: 'What happened, `checkout.session.completed` say' }),
  })
  .meta({
    id: 'StripeEvent',
    description: 'A message as Stripe sends it; Boon reads what it needs, and leaves the rest',
    example: { id: 'evt_1', type: 'checkout.session.completed', data: { object: { id: 'cs_1' } } },
  });

const ReceivedSchema = z
  .object({
    received: z.literal(true).meta({ description: 'The message was read' }),
    of_a_purchase: z
      .boolean()
      .meta({ description: 'Whether it was about a purchase, a refund or an invoice of Boon’s' }),
  })
  .meta({ id: 'WebhookReceived' });

export const stripeWebhookRoutes: FastifyPluginAsync<{ desk: PurchaseDesk }> = async (app, { desk }) => {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.route({
    method: 'POST',
    url: '/v1/webhooks/stripe',
    // Its signature is its credential.
    config: {
      access: 'public',
      documented: {
        signedBody: EventSchema,
        headers: [
          {
            name: 'Stripe-Signature',
            description: 'Stripe’s signature over the time and the bytes of the body',
            schema: {
              type: 'string',
              pattern: '^[!-~][ -~]*$',
              examples: ['t=1781168400,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd'],
            },
          },
        ],
      },
    },
    schema: {
      operationId: 'takeStripeWebhook',
      tags: ['Purchases'],
      summary: 'Take a message of Stripe',
      description:
        'For Stripe alone: set this address as a webhook endpoint there. A message counts once, however often it comes.',
      response: {
        200: ReceivedSchema,
        ...publicRefusals('webhook_invalid', 'payments_off', 'payload_too_large', 'unsupported_media_type'),
      },
    },
    handler: async (request) => {
      const signature = request.headers['stripe-signature'];
      if (typeof signature !== 'string' || !Buffer.isBuffer(request.body)) {
        throw new BoonError('webhook_invalid', 'A signed body is needed.');
      }
      return { received: true, of_a_purchase: await desk.hear(request.body, signature) };
    },
  });
};
