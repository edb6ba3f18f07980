/** The page behind the add-credits link: for whoever has the link, and for the account it was given for. */
import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { NameSchema } from '../../contracts/policy.schema.ts';
import { callerOf } from '../callers/access.ts';
import { businessKey } from '../plugins/idempotency.ts';
import type { PurchaseDesk } from '../purchases/purchase-desk.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { offerPage, outcomePage } from './credits-page-view.ts';
import { sendPage, takeForms } from './page.ts';

type CreditsPageParts = Pick<ServerParts, 'payments' | 'creditsLink' | 'publicUrl' | 'clock'> & {
  desk: PurchaseDesk;
};

const url = '/credits';
const config = { access: 'credits_link' } as const;
/** Its account and its ticket have been read by the time that a handler runs. */
const LinkSchema = z.object({ account: z.string(), ticket: z.string() });
const FormSchema = z.strictObject({ package: NameSchema, key: z.uuid() });

export const creditsPageRoutes: FastifyPluginAsyncZod<CreditsPageParts> = async (app, parts) => {
  const { desk, payments, creditsLink, publicUrl, clock } = parts;
  // The provider's page may be anywhere, and ours behind a proxy.
  const formsTo = [new URL(publicUrl).origin, 'https:'];
  takeForms(app);

  app.route({
    method: 'GET',
    url,
    config,
    schema: { hide: true, querystring: LinkSchema.extend({ purchase: z.string().max(100).optional() }) },
    handler: async (request, reply) => {
      const { account, ticket, purchase } = request.query;
      const here = `?${new URLSearchParams({ account, ticket })}`;
      if (purchase !== undefined) {
        const found = await desk.show(callerOf(request), purchase);
        return sendPage(reply, outcomePage(found, here, clock().toISOString()), formsTo);
      }
      if (payments === undefined) throw new BoonError('payments_off', 'Nothing can be bought here.');
      const { data: packages } = await desk.packages();
      return sendPage(
        reply,
        offerPage({ accountId: account, packages, action: here, newKey: randomUUID }),
        formsTo,
      );
    },
  });

  app.route({
    method: 'POST',
    url,
    config,
    schema: { hide: true, querystring: LinkSchema, body: FormSchema },
    handler: async (request, reply) => {
      const { package: name, key } = request.body;
      const wanted = { account_id: request.query.account, package: name };
      const { value } = await desk.buy(wanted, businessKey(callerOf(request), `POST ${url}`, key));
      const isOpen = value.status === 'open' && value.expires_at > clock().toISOString();
      const toPay = isOpen ? value.checkout?.url : undefined;
      return reply.redirect(toPay ?? creditsLink.backTo(value), 303);
    },
  });
};
