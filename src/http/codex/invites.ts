/** Invitations sent by Codex clients, mailed again, and followed. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  InviteBodySchema,
  InvitedSchema,
  InviteIdSchema,
  type InvitePeriod,
  InviteTrackingQuerySchema,
  InviteTrackingSchema,
  ResentSchema,
} from '../../contracts/codex/codex-invite.schema.ts';
import type { ReferralView } from '../../contracts/referrals/referral.schema.ts';
import { callerOf } from '../callers/access.ts';
import { businessKeyOf } from '../plugins/idempotency.ts';
import type { ReferralDesk } from '../referrals/referral-desk.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { inviteEach } from './invite-each.ts';
import { invitePaths } from './paths.ts';

type InviteParts = Pick<ServerParts, 'clock'> & { desk: ReferralDesk };

export const inviteRoutes: FastifyPluginAsyncZod<InviteParts> = async (app, { desk, clock }) => {
  for (const url of invitePaths('invite')) {
    app.route({
      method: 'POST',
      url,
      config: { access: 'codex_client', idempotency: 'optional' },
      schema: { hide: true, body: InviteBodySchema, response: { 200: InvitedSchema } },
      handler: (request) =>
        inviteEach(
          desk,
          callerOf(request),
          personOf(request).accountId,
          request.body,
          businessKeyOf(request),
        ),
    });
  }

  for (const url of invitePaths('invite/:referral_id/send-email')) {
    app.route({
      method: 'POST',
      url,
      config: { access: 'codex_client', idempotency: 'optional' },
      schema: { hide: true, params: InviteIdSchema, response: { 200: ResentSchema } },
      handler: async (request) => {
        const { referral_id } = request.params;
        const { value } = await desk.resend(callerOf(request), referral_id, businessKeyOf(request));
        return { referral_id, status: value.status };
      },
    });
  }

  for (const url of invitePaths('invite/tracking')) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client' },
      schema: {
        hide: true,
        querystring: InviteTrackingQuerySchema,
        response: { 200: InviteTrackingSchema },
      },
      handler: async (request) => {
        const { program_id, period, limit, cursor } = request.query;
        const since = startOf(period, clock());
        const { accountId } = personOf(request);
        const page = await desk.list(callerOf(request), accountId, { limit, cursor }, program_id);
        // The list is the latest first: with one that is too old it ends.
        const within = page.data.filter(({ created_at }) => created_at >= since);
        return {
          items: within.map(viewInvite),
          cursor: within.length < page.data.length ? null : page.next_cursor,
        };
      },
    });
  }
};

const DAYS = { past_30_days: 30, past_90_days: 90 } as const;

/** When a period began, as text that compares with instants. */
function startOf(period: InvitePeriod, now: Date): string {
  if (period === 'all_time') return '';
  if (period === 'this_month') {
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())).toISOString();
  }
  return new Date(now.getTime() - DAYS[period] * 86_400_000).toISOString();
}

function viewInvite(referral: ReferralView) {
  const { id, email, status, link, created_at, expires_at, next_step, reason_code } = referral;
  return {
    referral_id: id,
    email: email ?? null,
    status,
    can_resend: status === 'invited',
    invite_url: link ?? null,
    created_at,
    expires_at,
    next_step,
    reason_code,
  };
}
