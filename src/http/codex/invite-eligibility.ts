/** `GET referrals/invite/eligibility`: whether a Codex client shows its user the way to invite, and what it brings. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  type InviteEligibility,
  InviteEligibilityQuerySchema,
  InviteEligibilitySchema,
} from '../../contracts/codex/codex-invite.schema.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { timeFrames, viewOffer } from './invite-offer.ts';
import { invitePaths } from './paths.ts';

export const inviteEligibilityRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  for (const url of invitePaths('invite/eligibility')) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client' },
      schema: {
        hide: true,
        querystring: InviteEligibilityQuerySchema,
        response: { 200: InviteEligibilitySchema },
      },
      handler: async (request): Promise<InviteEligibility> => {
        const { accountId } = personOf(request);
        const { program_id, entrypoint } = request.query;
        const asked = { program_id, entrypoint };
        const terms = await ledger.programTerms(program_id);
        if (terms === undefined) return noProgram(asked);
        const at = clock().toISOString();
        const [eligibility, window] = await Promise.all([
          ledger.eligibility(accountId, program_id, at),
          ledger.rewardWindow(accountId, program_id, at),
        ]);
        const [reason] = eligibility.reasons;
        return {
          ...asked,
          ...viewOffer(terms),
          should_show: eligibility.eligible,
          ineligible_reason: reason === undefined ? null : `${reason.detail} ${reason.fix}`,
          ineligible_reason_code: reason?.code ?? null,
          remaining_send_capacity: eligibility.remaining_invites,
          remaining_reward_capacity: eligibility.remaining_rewards,
          time_frame_rules: timeFrames(terms, eligibility, window),
          // A mail goes to somebody else.
          requires_explicit_confirmation: true,
        };
      },
    });
  }
};

/** Clients ask for programs that they know; one that the policy does not have is not shown, and is no error. */
function noProgram(asked: Pick<InviteEligibility, 'program_id' | 'entrypoint'>): InviteEligibility {
  return {
    ...asked,
    should_show: false,
    ineligible_reason: `There is no program "${asked.program_id}".`,
    ineligible_reason_code: 'not_found',
    offer_id: null,
    title: null,
    description: null,
    grants: [],
    remaining_send_capacity: 0,
    remaining_reward_capacity: 0,
    rules: [],
    time_frame_rules: [],
    requires_explicit_confirmation: true,
  };
}
