/** Banked resets: granted, looked at and redeemed; and the usage windows that they restore. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AccountIdSchema, PageQuerySchema, ResetIdSchema } from '../../contracts/primitives.schema.ts';
import {
  GrantedResetsSchema,
  LimitsSchema,
  type RedeemBody,
  RedeemSchema,
  RedemptionSchema,
  type ResetGrantBody,
  ResetGrantSchema,
  ResetListSchema,
} from '../../contracts/resets/reset.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { principalId, requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { pathOf, readRefusals, recordedRefusals, writeRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Resets'];
const IdSchema = z.object({ id: AccountIdSchema });
const granting = {
  access: services('grants:write'),
  idempotency: 'required',
  location: (_: unknown, { account_id }: ResetGrantBody) => `${pathOf('/v1/accounts', account_id)}/resets`,
} as const;

export const resetRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  const now = () => clock().toISOString();

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/limits',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getLimits',
      tags: TAGS,
      summary: 'Show what an account has used of its plan, and what it can still use',
      description:
        'A window opens with the first use. One that is not open has used nothing and has no dates.',
      params: IdSchema,
      response: { 200: LimitsSchema, ...readRefusals('not_found') },
    },
    handler: async (request) => {
      const { id } = request.params;
      requireOwnAccount(callerOf(request), id);
      const at = now();
      const [limits, beyond_plan] = await Promise.all([ledger.limits(id, at), ledger.beyondPlan(id, at)]);
      return { ...limits, beyond_plan };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/resets',
    config: { access: servicesAndOwner('resets:read') },
    schema: {
      operationId: 'listResets',
      tags: TAGS,
      summary: 'List an account’s banked resets',
      description:
        'Those that can be redeemed come first, the soonest to expire before the others; then the rest, the latest first.',
      params: IdSchema,
      querystring: PageQuerySchema,
      response: { 200: ResetListSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.listResets(request.params.id, now(), request.query);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/accounts/:id/resets/redeem',
    config: { access: servicesAndOwner('resets:write') },
    schema: {
      operationId: 'redeemReset',
      tags: TAGS,
      summary: 'Redeem a banked reset: both windows are full again',
      description:
        'However often a `request_id` is sent, it redeems once. If nothing is used nothing is spent. With `dry_run` it shows what would happen.',
      params: IdSchema,
      body: RedeemSchema,
      response: { 200: RedemptionSchema, ...writeRefusals('not_found', 'account_frozen') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.redeemReset({ account_id: request.params.id, at: now(), ...withoutKind(request.body) });
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/resets/grants',
    config: granting,
    schema: {
      operationId: 'grantResets',
      tags: TAGS,
      summary: 'Bank resets for an account',
      description: 'They expire as the policy says.',
      body: ResetGrantSchema,
      response: { 201: GrantedResetsSchema, ...recordedRefusals('not_found', 'recipient_ineligible') },
    },
    handler: async (request, reply) => {
      const [by, key] = [principalId(callerOf(request)), businessKeyOf(request)];
      reply.code(201);
      return recordedAnswer(reply, await ledger.grantResets({ ...request.body, key, at: now(), by }));
    },
  });
};

/** The reset by the id that the ledger knows. */
function withoutKind({ reset_id, ...asked }: RedeemBody): RedeemBody {
  return reset_id === undefined ? asked : { ...asked, reset_id: ResetIdSchema.decode(reset_id) };
}
