/** Banked resets for Codex clients: listed and consumed, by the rule and under the request ids of the public API. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  type Consumed,
  ConsumedSchema,
  ConsumeSchema,
  ResetCreditListSchema,
} from '../../contracts/codex/codex.schema.ts';
import { BoonError } from '../../contracts/errors.ts';
import { ResetIdSchema } from '../../contracts/primitives.schema.ts';
import type { Redemption, Reset } from '../../contracts/resets/reset.schema.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { codexPaths } from './paths.ts';
import { viewResetCredit } from './reset-credit-view.ts';

export const resetCreditRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  for (const url of codexPaths('rate-limit-reset-credits')) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client' },
      schema: { hide: true, response: { 200: ResetCreditListSchema } },
      handler: async (request) => {
        const { accountId } = personOf(request);
        const at = clock().toISOString();
        const [resets, totals] = await Promise.all([
          shownResets(ledger, accountId, at),
          ledger.resetTotals(accountId, at),
        ]);
        return {
          credits: resets.flatMap((reset) => viewResetCredit(reset) ?? []),
          available_count: totals.available,
          total_earned_count: totals.earned,
          // Clients would buy at a path that is none of these.
          immediate_reset_purchase_eligible: false,
          history_enabled: true,
        };
      },
    });
  }

  for (const url of codexPaths('rate-limit-reset-credits/consume')) {
    app.route({
      method: 'POST',
      url,
      config: { access: 'codex_client' },
      schema: { hide: true, body: ConsumeSchema, response: { 200: ConsumedSchema } },
      handler: async (request) => {
        const { accountId } = personOf(request);
        const { redeem_request_id, credit_id } = request.body;
        const at = clock().toISOString();
        try {
          const redemption = await ledger.redeemReset({
            account_id: accountId,
            request_id: redeem_request_id,
            at,
            ...(typeof credit_id === 'string' ? { reset_id: resetId(credit_id) } : {}),
          });
          return await viewRedemption(ledger, accountId, redemption, at);
        } catch (error) {
          return refused(error);
        }
      },
    });
  }
};

/** All that can be redeemed, and of the rest what fits on the last of their pages: clients know no pages. */
async function shownResets(ledger: Ledger, accountId: string, at: string): Promise<Reset[]> {
  const shown: Reset[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.listResets(accountId, at, { limit: 200, cursor });
    shown.push(...page.data);
    cursor = shown.at(-1)?.status === 'available' ? (page.next_cursor ?? undefined) : undefined;
  } while (cursor !== undefined);
  return shown;
}

/** No reset has it. A client's id of another form is not wrong, it is nobody's: `no_credit`. */
const NO_RESET = '0';

function resetId(creditId: string): string {
  return ResetIdSchema.safeParse(creditId).data ?? NO_RESET;
}

async function viewRedemption(
  ledger: Ledger,
  accountId: string,
  { outcome, windows_reset, reset_id }: Redemption,
  at: string,
): Promise<Consumed> {
  const spent = reset_id === null ? undefined : await ledger.findReset(accountId, reset_id, at);
  return {
    code: outcome,
    windows_reset,
    credit: (spent && viewResetCredit(spent)) ?? null,
    reason_code: null,
    detail: null,
  };
}

/** Clients know four codes and no other answer: an account that may not redeem has nothing to redeem. */
function refused(error: unknown): Consumed {
  if (!(error instanceof BoonError) || error.status >= 500) throw error;
  const { code, reasonCode, message } = error;
  return {
    code: 'no_credit',
    windows_reset: 0,
    credit: null,
    reason_code: reasonCode ?? code,
    detail: message,
  };
}
