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
import { type RewardWindow, rewardWindowWorkflowId } from '../../contracts/referrals/referral.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { principalId, requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Referrals'];
const IdSchema = z.object({ id: AccountIdSchema });

export const rewardWindowRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, referralProcess, starts, clock } = parts;
  const now = () => clock().toISOString();

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
      return viewRewardWindow(await ledger.rewardWindow(request.params.id, request.query.program, now()));
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
      const account_id = request.params.id;
      const { program } = request.body;
      const month = request.body.month ?? (await ledger.rewardWindow(account_id, program, now())).month;
      const recorded = await ledger.raiseCap({
        ...request.body,
        key: businessKeyOf(request),
        at: now(),
        account_id,
        month,
        by: principalId(callerOf(request)),
      });
      starts.add(rewardWindowWorkflowId(account_id, month), `tell ${program}`, () =>
        referralProcess.windowChanged(recorded.value),
      );
      return recordedAnswer(reply, { ...recorded, value: viewRewardWindow(recorded.value) });
    },
  });
};

/** The window's month in one shape with all others; its process and the ledger know it by its first day. */
function viewRewardWindow({ month: _, starts_at, ends_at, ...window }: RewardWindow): RewardWindowView {
  return { ...window, month: { starts_at, ends_at } };
}
