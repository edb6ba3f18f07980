/** What is done to a gift once it is accepted. Time does the rest: it settles, expires and ends holds. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import {
  CancelBodySchema,
  ClaimBodySchema,
  ReasonBodySchema,
  ReleaseBodySchema,
  TransferSchema,
} from '../../contracts/gifts/transfer.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { recordedRefusals } from '../route/answers.ts';
import type { GiftDesk } from './gift-desk.ts';
import { TransferIdSchema } from './transfers.ts';

const TAGS = ['Transfers'];
const URL = '/v1/transfers/:id';

const operator = { access: services('gifts:operate'), idempotency: 'required' } as const;
const owner = { access: servicesAndOwner('gifts:write'), idempotency: 'required' } as const;

/** A gift that is not in a state for the action. */
const STATE: readonly ErrorCode[] = ['not_found', 'already_settled', 'already_resolved'];

export const transferActionRoutes: FastifyPluginAsyncZod<{ desk: GiftDesk }> = async (app, { desk }) => {
  app.route({
    method: 'POST',
    url: `${URL}/cancel`,
    config: owner,
    schema: {
      operationId: 'cancelTransfer',
      tags: TAGS,
      summary: 'Take a gift back before it settles',
      description: 'The credits return to the lots they came from. An end user cancels what they sent.',
      params: TransferIdSchema,
      body: CancelBodySchema.optional(),
      response: { 200: TransferSchema, ...recordedRefusals(...STATE, 'gift_held', 'account_frozen') },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(
        reply,
        await desk.act(callerOf(request), request.params.id, 'cancel', request.body ?? {}, key),
      );
    },
  });

  app.route({
    method: 'POST',
    url: `${URL}/claim`,
    config: owner,
    schema: {
      operationId: 'claimTransfer',
      tags: TAGS,
      summary: 'Claim a gift by e-mail for an account',
      description: 'The token is what follows `#token=` in the claim link. It works once.',
      params: TransferIdSchema,
      body: ClaimBodySchema,
      response: {
        200: TransferSchema,
        ...recordedRefusals(
          ...STATE,
          'claim_invalid',
          'claim_expired',
          'self_gift',
          'account_frozen',
          'recipient_ineligible',
          'gift_denied',
        ),
      },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.body.account_id);
      const key = businessKeyOf(request);
      return recordedAnswer(reply, await desk.act(caller, request.params.id, 'claim', request.body, key));
    },
  });

  app.route({
    method: 'POST',
    url: `${URL}/hold`,
    config: operator,
    schema: {
      operationId: 'holdTransfer',
      tags: TAGS,
      summary: 'Hold a gift: stop its clock while it is reviewed',
      params: TransferIdSchema,
      body: ReasonBodySchema,
      response: { 200: TransferSchema, ...recordedRefusals(...STATE, 'gift_held') },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(
        reply,
        await desk.act(callerOf(request), request.params.id, 'hold', request.body, key),
      );
    },
  });

  app.route({
    method: 'POST',
    url: `${URL}/release`,
    config: operator,
    schema: {
      operationId: 'releaseTransfer',
      tags: TAGS,
      summary: 'Release a held gift: its clock continues',
      params: TransferIdSchema,
      body: ReleaseBodySchema.optional(),
      response: { 200: TransferSchema, ...recordedRefusals(...STATE, 'not_held', 'account_frozen') },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(
        reply,
        await desk.act(callerOf(request), request.params.id, 'release', request.body ?? {}, key),
      );
    },
  });

  app.route({
    method: 'POST',
    url: `${URL}/reject`,
    config: operator,
    schema: {
      operationId: 'rejectTransfer',
      tags: TAGS,
      summary: 'Reject a gift: the credits return to the sender',
      params: TransferIdSchema,
      body: ReasonBodySchema,
      response: { 200: TransferSchema, ...recordedRefusals(...STATE) },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(
        reply,
        await desk.act(callerOf(request), request.params.id, 'reject', request.body, key),
      );
    },
  });

  app.route({
    method: 'POST',
    url: `${URL}/reverse`,
    config: operator,
    schema: {
      operationId: 'reverseTransfer',
      tags: TAGS,
      summary: 'Take back what is left of a settled gift',
      description: '`reversal` says what came back and what the recipient had already spent.',
      params: TransferIdSchema,
      body: ReasonBodySchema,
      response: { 200: TransferSchema, ...recordedRefusals('not_found', 'not_settled', 'already_resolved') },
    },
    handler: async (request, reply) => {
      const key = businessKeyOf(request);
      return recordedAnswer(
        reply,
        await desk.act(callerOf(request), request.params.id, 'reverse', request.body, key),
      );
    },
  });
};
