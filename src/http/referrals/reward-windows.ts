/** An account's billing month, in which a program gives a limited number of rewards. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AccountIdSchema } from '../../contracts/primitives.schema.ts';
import {
  ProgramSchema,
  RaiseCapSchema,
  RewardWindowSchema,
  type RewardWindowView,
} from '../../contracts/referrals/referral.schema.ts';
import type { RewardWindow } from '../../contracts/referrals/referral.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { ReferralDesk } from './referral-desk.ts';

const TAGS = ['Referrals'];
const IdSchema = z.object({ id: AccountIdSchema });

export const rewardWindowRoutes: FastifyPluginAsyncZod<{ desk: ReferralDesk }> = async (app, { desk }) => {
  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/reward-window',
    config: { access: servicesAndOwner('referrals:read') },
    schema: {
      operationId: 'getRewardWindow',
      tags: TAGS,
      summary: 'Show the rewards of an account’s current billing month',
      params: IdSchema,
      querystring: z.strictObject({ program: ProgramSchema }),
      response: { 200: RewardWindowSchema, ...readRefusals('not_found') },
    },
    handler: async (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return viewRewardWindow(await desk.window(request.params.id, request.query.program));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/accounts/:id/reward-window/raise-cap',
    config: { access: services('referrals:operate'), idempotency: 'required' },
    schema: {
      operationId: 'raiseRewardCap',
      tags: TAGS,
      summary: 'Let a billing month hold more rewards',
      description: 'Rewards that were deferred out of the month are given within minutes.',
      params: IdSchema,
      body: RaiseCapSchema,
      response: { 200: RewardWindowSchema, ...recordedRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const raise = { account_id: request.params.id, ...request.body };
      const { value, replayed } = await desk.raiseCap(callerOf(request), raise, businessKeyOf(request));
      return recordedAnswer(reply, { value: viewRewardWindow(value), replayed });
    },
  });
};

/** The window's month in one shape with all others; its process and the ledger know it by its first day. */
function viewRewardWindow({ month: _, starts_at, ends_at, ...window }: RewardWindow): RewardWindowView {
  return { ...window, month: { starts_at, ends_at } };
}
