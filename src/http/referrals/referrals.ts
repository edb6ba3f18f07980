/** Referrals: invited, shown and listed. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { AccountIdSchema, pageOf } from '../../contracts/primitives.schema.ts';
import {
  ReferralIdSchema,
  ReferralListQuerySchema,
  ReferralRequestSchema,
  ReferralSchema,
  ReferralSearchQuerySchema,
} from '../../contracts/referrals/referral.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { ReferralDesk } from './referral-desk.ts';

const TAGS = ['Referrals'];
const IdSchema = z.object({ id: ReferralIdSchema });

/** Why an invitation may be refused. None of these reveals whether the address has an account. */
const INVITE_REFUSALS: readonly ErrorCode[] = [
  'not_found',
  'program_closed',
  'plan_ineligible',
  'not_in_cohort',
  'account_frozen',
  'invite_limit_reached',
  'self_referral',
  'disposable_address',
  'duplicate_referral',
];
const inviting = {
  access: servicesAndOwner('referrals:write'),
  idempotency: 'required',
  location: '/v1/referrals',
} as const;

export const referralRoutes: FastifyPluginAsyncZod<{ desk: ReferralDesk }> = async (app, { desk }) => {
  app.route({
    method: 'POST',
    url: '/v1/referrals',
    config: inviting,
    schema: {
      operationId: 'createReferral',
      tags: TAGS,
      summary: 'Invite a friend into a program',
      description:
        'The friend gets a mail with a personal link, which is in the answer too. The answer never reveals whether the address has an account.',
      body: ReferralRequestSchema,
      response: { 201: ReferralSchema, ...recordedRefusals(...INVITE_REFUSALS) },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.body.referrer_id);
      const recorded = await desk.invite(caller, request.body, businessKeyOf(request));
      reply.code(201);
      return recordedAnswer(reply, recorded);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/referrals',
    config: { access: services('referrals:read') },
    schema: {
      operationId: 'searchReferrals',
      tags: TAGS,
      summary: 'List invitations of all accounts, the latest first',
      querystring: ReferralSearchQuerySchema,
      response: { 200: pageOf(ReferralSchema).meta({ id: 'ReferralList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      const { limit, cursor, ...filter } = request.query;
      return desk.search(callerOf(request), filter, { limit, cursor });
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/referrals/:id',
    config: { access: servicesAndOwner('referrals:read') },
    schema: {
      operationId: 'getReferral',
      tags: TAGS,
      summary: 'Show a referral',
      params: IdSchema,
      response: { 200: ReferralSchema, ...readRefusals('not_found') },
    },
    handler: (request) => desk.show(callerOf(request), request.params.id),
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/referrals',
    config: { access: servicesAndOwner('referrals:read') },
    schema: {
      operationId: 'listReferrals',
      tags: TAGS,
      summary: 'List an account’s invitations, the latest first, each with its next missing step',
      params: z.object({ id: AccountIdSchema }),
      querystring: ReferralListQuerySchema,
      response: { 200: pageOf(ReferralSchema).meta({ id: 'ReferralList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.params.id);
      const { program, ...page } = request.query;
      return desk.list(caller, request.params.id, page, program);
    },
  });
};
