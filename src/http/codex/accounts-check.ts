/** `GET accounts/check`: newer clients ask it which host serves their account, before anything else. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { AccountsCheckSchema } from '../../contracts/codex/codex.schema.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { codexPaths } from './paths.ts';

export const accountsCheckRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger }) => {
  for (const url of codexPaths('accounts/check')) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client' },
      schema: { hide: true, response: { 200: AccountsCheckSchema } },
      handler: async (request) => {
        const { id, kind, plan } = await ledger.findAccount(personOf(request).accountId);
        return {
          accounts: [
            {
              id,
              structure: kind === 'organisation' ? ('workspace' as const) : ('personal' as const),
              plan_type: plan,
              workspace_backend_origin: 'NO_CONSTRAINT' as const,
              account_routing_override: 'NO_CONSTRAINT' as const,
            },
          ],
          account_ordering: [id],
          default_account_id: id,
        };
      },
    });
  }
};
