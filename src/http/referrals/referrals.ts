/** Referrals: invited, followed, mailed again, canceled; and the billing months that their rewards come in. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { AccountIdSchema, pageOf } from '../../contracts/primitives.schema.ts';
import {
  ClawBackSchema,
  LinkUsedSchema,
  ReferralCancelSchema,
  ReferralIdSchema,
  ReferralListQuerySchema,
  ReferralRequestSchema,
  ReferralSchema,
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

export const referralRoutes: FastifyPluginAsyncZod<{ desk: ReferralDesk }> = async (app, { desk }) => {
  app.route({
    method: 'POST',
    url: '/v1/referrals',
    config: { access: servicesAndOwner('referrals:write'), idempotency: 'required' },
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

  app.route({
    method: 'POST',
    url: '/v1/referrals/:id/link-used',
    config: { access: services('referrals:write'), idempotency: 'required' },
    schema: {
      operationId: 'useReferralLink',
      tags: TAGS,
      summary: 'Report that the friend signed up or in through the link',
      description:
        'A friend who does not count is an answer, not an error: `status` is `refused`, and `reason_code` says why.',
      params: IdSchema,
      body: LinkUsedSchema,
      response: {
        200: ReferralSchema,
        ...recordedRefusals('not_found', 'claim_invalid', 'claim_expired', 'already_resolved'),
      },
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      const recorded = await desk.useLink(callerOf(request), params.id, body, businessKeyOf(request));
      return recordedAnswer(reply, recorded);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/referrals/:id/resend',
    config: { access: servicesAndOwner('referrals:write'), idempotency: 'required' },
    schema: {
      operationId: 'resendReferral',
      tags: TAGS,
      summary: 'Mail the invitation again, at most three times',
      params: IdSchema,
      response: {
        200: ReferralSchema,
        ...recordedRefusals('not_found', 'already_resolved', 'resend_limit_reached'),
      },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(reply, await desk.resend(callerOf(request), request.params.id, key));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/referrals/:id/cancel',
    config: { access: servicesAndOwner('referrals:write'), idempotency: 'required' },
    schema: {
      operationId: 'cancelReferral',
      tags: TAGS,
      summary: 'Cancel an invitation: its link stops working and its place is free again',
      description: 'With a `reason` of a service it counts as an operator’s, otherwise as the referrer’s.',
      params: IdSchema,
      body: ReferralCancelSchema.optional(),
      response: {
        200: ReferralSchema,
        ...recordedRefusals('not_found', 'already_resolved', 'already_qualified'),
      },
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      const key = businessKeyOf(request);
      return recordedAnswer(reply, await desk.cancel(callerOf(request), params.id, body?.reason, key));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/referrals/:id/claw-back',
    config: { access: services('referrals:operate'), idempotency: 'required' },
    schema: {
      operationId: 'clawBackReferral',
      tags: TAGS,
      summary: 'Take back what is left of a referral’s rewards',
      description:
        '`detail` says what came back and what was used already. A reward that was not given yet is no longer given.',
      params: IdSchema,
      body: ClawBackSchema,
      response: {
        200: ReferralSchema,
        ...recordedRefusals('not_found', 'not_rewarded', 'clawback_too_late'),
      },
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      const key = businessKeyOf(request);
      return recordedAnswer(reply, await desk.clawBack(callerOf(request), params.id, body.reason, key));
    },
  });
};
