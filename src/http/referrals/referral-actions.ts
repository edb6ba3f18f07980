/** An invitation's link is used, or it is mailed again. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  LinkUsedSchema,
  ReferralIdSchema,
  ReferralSchema,
} from '../../contracts/referrals/referral.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { recordedRefusals } from '../route/answers.ts';
import type { ReferralDesk } from './referral-desk.ts';

const TAGS = ['Referrals'];
const IdSchema = z.object({ id: ReferralIdSchema });

export const referralActionRoutes: FastifyPluginAsyncZod<{ desk: ReferralDesk }> = async (app, { desk }) => {
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
};
