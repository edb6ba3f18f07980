/** An invitation is canceled, or its rewards are taken back. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  ClawBackSchema,
  ReferralCancelSchema,
  ReferralIdSchema,
  ReferralSchema,
} from '../../contracts/referrals/referral.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { recordedRefusals } from '../route/answers.ts';
import type { ReferralDesk } from './referral-desk.ts';

const TAGS = ['Referrals'];
const IdSchema = z.object({ id: ReferralIdSchema });

export const referralEndRoutes: FastifyPluginAsyncZod<{ desk: ReferralDesk }> = async (app, { desk }) => {
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
