/** The adapter for existing Codex clients: their paths and shapes, over the same ledger calls as the public API. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ReferralDesk } from '../referrals/referral-desk.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { accountsCheckRoutes } from './accounts-check.ts';
import { demoModelRoutes } from './demo-model.ts';
import { inviteEligibilityRoutes } from './invite-eligibility.ts';
import { inviteRoutes } from './invites.ts';
import { resetCreditRoutes } from './reset-credits.ts';
import { resetHistoryRoutes } from './reset-history.ts';
import { usageRoutes } from './usage.ts';

export const codexRoutes: FastifyPluginAsyncZod<ServerParts & { desk: ReferralDesk }> = async (
  app,
  parts,
) => {
  await app.register(accountsCheckRoutes, parts);
  await app.register(usageRoutes, parts);
  await app.register(resetCreditRoutes, parts);
  await app.register(resetHistoryRoutes, parts);
  await app.register(inviteEligibilityRoutes, parts);
  await app.register(inviteRoutes, parts);
  if (parts.demoModel) await app.register(demoModelRoutes, parts);
};
