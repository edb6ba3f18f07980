/** Activity of accounts. An event of an account without an open referral is one small update and nothing else. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ActivityAcceptedSchema, ActivitySchema } from '../../contracts/referrals/activity.schema.ts';
import { referralWorkflowId } from '../../contracts/referrals/referral.ts';
import { services } from '../callers/access.ts';
import { writeRefusals } from '../route/answers.ts';
import { refuseFuture } from '../route/reported-at.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { createReferralTeller } from './referral-teller.ts';

export const activityRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, referralProcess, starts, clock } = parts;
  const tellEnds = createReferralTeller(parts);

  app.route({
    method: 'POST',
    url: '/v1/activity',
    config: { access: services('activity:write'), frequent: true },
    schema: {
      operationId: 'recordActivity',
      tags: ['Referrals'],
      summary: 'Report a login or a prompt of an account',
      description:
        'Repeating it, or reporting it late or out of order, does no harm: each `id` counts once, by its `at`. A prompt that an invitation lacked is refused, with `errors` at `at`, when it is reported later than `usage.accept_late_for` after the invitation’s end.',
      body: ActivitySchema,
      response: { 202: ActivityAcceptedSchema, ...writeRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const now = clock();
      refuseFuture(Date.parse(request.body.at), now.getTime());
      const changed = await ledger.recordActivity({ ...request.body, told_at: now.toISOString() });
      if (changed !== undefined) {
        starts.add(referralWorkflowId(changed.id), `tell ${changed.status}`, () =>
          referralProcess.prompted(changed),
        );
        // One event may end several, and take the friend of another.
        if (changed.status !== 'joined') tellEnds(request.body.account_id);
      }
      reply.code(202);
      return { accepted: true as const };
    },
  });
};
