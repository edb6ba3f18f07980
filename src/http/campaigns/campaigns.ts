/** Campaigns: bulk grants and resets. The ledger records them; their process goes through the accounts. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  CampaignAccountSchema,
  CampaignActionBodySchema,
  CampaignBodySchema,
  CampaignIdSchema,
  CampaignSchema,
} from '../../contracts/campaigns/campaign.schema.ts';
import { type Campaign, campaignWorkflowId } from '../../contracts/campaigns/campaign.ts';
import { AccountIdSchema, PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import { CAMPAIGN_ACTIONS } from '../../domain/campaign.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { principalId, requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Campaigns'];
const IdSchema = z.object({ id: CampaignIdSchema });

const ACTIONS = {
  pause: 'Pause a campaign: no account is granted until it is resumed',
  resume: 'Resume a paused or canceled campaign after the last account that it did',
  cancel: 'Cancel a campaign: it ends here, and what was granted stays',
};

export const campaignRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, campaignProcess, starts, clock } = parts;

  app.route({
    method: 'POST',
    url: '/v1/campaigns',
    config: { access: services('campaigns:operate'), idempotency: 'required', location: '/v1/campaigns' },
    schema: {
      operationId: 'createCampaign',
      tags: TAGS,
      summary: 'Grant a reset or credits to many accounts, or reset everybody’s windows',
      description:
        'Covers the accounts that exist now (an `ongoing` one later accounts too). Each is granted, or excluded with a reason.',
      body: CampaignBodySchema,
      response: { 202: CampaignSchema, ...recordedRefusals() },
    },
    handler: async (request, reply) => {
      const now = clock();
      const recorded = await ledger.createCampaign({
        ...request.body,
        key: businessKeyOf(request),
        at: now.toISOString(),
        id: newId('cmp', now),
        by: principalId(callerOf(request)),
      });
      wake(recorded.value);
      return reply.code(202).send(recordedAnswer(reply, recorded));
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/campaigns',
    config: { access: services('campaigns:read') },
    schema: {
      operationId: 'listCampaigns',
      tags: TAGS,
      summary: 'List campaigns, the latest first',
      querystring: PageQuerySchema,
      response: { 200: pageOf(CampaignSchema).meta({ id: 'CampaignList' }), ...readRefusals() },
    },
    handler: (request) => ledger.listCampaigns(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/campaigns/:id',
    config: { access: services('campaigns:read') },
    schema: {
      operationId: 'getCampaign',
      tags: TAGS,
      summary: 'Show how far a campaign is: granted, excluded by reason, remaining',
      params: IdSchema,
      response: { 200: CampaignSchema, ...readRefusals('not_found') },
    },
    handler: (request) => ledger.findCampaign(request.params.id),
  });

  app.route({
    method: 'GET',
    url: '/v1/campaigns/:id/accounts/:account_id',
    config: { access: servicesAndOwner('campaigns:read') },
    schema: {
      operationId: 'getCampaignAccount',
      tags: TAGS,
      summary: 'Show what a campaign did for an account, and if nothing, why',
      params: IdSchema.extend({ account_id: AccountIdSchema }),
      response: { 200: CampaignAccountSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      const { id, account_id } = request.params;
      requireOwnAccount(callerOf(request), account_id);
      return ledger.campaignAccount(id, account_id);
    },
  });

  for (const action of CAMPAIGN_ACTIONS) {
    app.route({
      method: 'POST',
      url: `/v1/campaigns/:id/${action}`,
      config: { access: services('campaigns:operate'), idempotency: 'required' },
      schema: {
        operationId: `${action}Campaign`,
        tags: TAGS,
        summary: ACTIONS[action],
        params: IdSchema,
        body: CampaignActionBodySchema.optional(),
        response: { 200: CampaignSchema, ...recordedRefusals('not_found', 'campaign_ended') },
      },
      handler: async (request, reply) => {
        const recorded = await ledger.actOnCampaign({
          key: businessKeyOf(request),
          at: clock().toISOString(),
          campaign_id: request.params.id,
          action,
          reason: request.body?.reason,
          by: principalId(callerOf(request)),
        });
        wake(recorded.value);
        return recordedAnswer(reply, recorded);
      },
    });
  }

  /** The ledger has recorded it; after the answer its process learns of it, or begins. */
  function wake(campaign: Campaign): void {
    starts.add(campaignWorkflowId(campaign.id), 'start', () => campaignProcess.wake(campaign));
  }
};
