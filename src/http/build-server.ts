/** Puts the HTTP server together. It listens to nothing yet: the caller does that. */
import { randomUUID } from 'node:crypto';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { accountRoutes } from './accounts/accounts.ts';
import { apiKeySecretRoutes } from './accounts/api-key-secrets.ts';
import { apiKeyRoutes } from './accounts/api-keys.ts';
import { grantReadRoutes } from './accounts/grant-reads.ts';
import { grantRoutes } from './accounts/grants.ts';
import { holdingRoutes } from './accounts/holdings.ts';
import { invoiceCorrectionRoutes } from './billing/invoice-corrections.ts';
import { invoiceListRoutes } from './billing/invoice-lists.ts';
import { invoiceRoutes } from './billing/invoices.ts';
import { createKeyRing, type KeyRing } from './callers/key-ring.ts';
import { createWrongKeys } from './callers/wrong-keys.ts';
import { campaignRoutes } from './campaigns/campaigns.ts';
import { answerClientFault } from './client-fault.ts';
import { codecRoutes } from './codec.ts';
import { codexRoutes } from './codex/codex-routes.ts';
import { createGiftDesk } from './gifts/gift-desk.ts';
import { transferActionRoutes } from './gifts/transfer-actions.ts';
import { transferRoutes } from './gifts/transfers.ts';
import { healthRoutes } from './health.ts';
import { creditsPageRoutes } from './pages/credits-page.ts';
import { demoCheckoutRoutes } from './pages/demo-checkout.ts';
import authentication from './plugins/authentication.ts';
import crossOrigin from './plugins/cross-origin.ts';
import formerAnswers from './plugins/former-answers.ts';
import idempotency from './plugins/idempotency.ts';
import jsonBody from './plugins/json-body.ts';
import location from './plugins/location.ts';
import observe from './plugins/observe.ts';
import openapi from './plugins/openapi.ts';
import problem, { sendProblem } from './plugins/problem.ts';
import rateLimit from './plugins/rate-limit.ts';
import responseHeaders from './plugins/response-headers.ts';
import unknownRoute from './plugins/unknown-route.ts';
import validation from './plugins/validation.ts';
import { policyRoutes } from './policy.ts';
import { paymentCaseRoutes } from './purchases/payment-cases.ts';
import { createPurchaseDesk } from './purchases/purchase-desk.ts';
import { purchaseRoutes } from './purchases/purchases.ts';
import { refundRoutes } from './purchases/refunds.ts';
import { stripeWebhookRoutes } from './purchases/stripe-webhook.ts';
import { topUpRoutes } from './purchases/top-ups.ts';
import { activityRoutes } from './referrals/activity.ts';
import { eligibilityRoutes } from './referrals/eligibility.ts';
import { programReportRoutes } from './referrals/program-report.ts';
import { programRoutes } from './referrals/programs.ts';
import { referralActionRoutes } from './referrals/referral-actions.ts';
import { createReferralDesk } from './referrals/referral-desk.ts';
import { referralEndRoutes } from './referrals/referral-ends.ts';
import { referralRoutes } from './referrals/referrals.ts';
import { rewardWindowRoutes } from './referrals/reward-windows.ts';
import { resetRoutes } from './resets/resets.ts';
import { presentUrl } from './route/aliases.ts';
import type { ServerParts } from './route/server-parts.ts';
import { stuckItemRoutes } from './stuck-items.ts';
import { usageRoutes } from './usage/usage.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
/** How long a request may take to arrive whole. */
const REQUEST_TIMEOUT_MILLISECONDS = 30_000;
/** An account's id of 128 characters, each percent-encoded. */
const PARAMETER_LENGTH = 3 * 128;

const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** How the server takes requests, whatever they ask for. */
const OPTIONS = {
  bodyLimit: BODY_LIMIT_BYTES,
  requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
  forceCloseConnections: 'idle',
  // Requests that arrive on open connections while the server drains are still served.
  return503OnClosing: false,
  routerOptions: { maxParamLength: PARAMETER_LENGTH },
  rewriteUrl: ({ url = '/' }) => presentUrl(url),
  // A logger for each request would cost more than all that most requests log, which is nothing.
  childLoggerFactory: (logger) => logger,
  genReqId: (request) => {
    const given = request.headers['x-request-id'];
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  },
  frameworkErrors: sendProblem,
  clientErrorHandler: answerClientFault,
} satisfies FastifyServerOptions;

/** @returns a server that is ready to `listen`; `close` finishes running requests first. */
export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: parts.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    ...OPTIONS,
    trustProxy: parts.trustedProxies?.length ? [...parts.trustedProxies] : false,
  }).withTypeProvider<ZodTypeProvider>();
  const keyRing = createKeyRing(parts.apiKeys, createWrongKeys(parts.rateLimit.wrongKeys));

  await app.register(problem);
  await app.register(responseHeaders);
  await app.register(crossOrigin, { origins: parts.corsOrigins ?? [] });
  await app.register(unknownRoute);
  await app.register(jsonBody);
  await app.register(validation);
  await app.register(authentication, { keyRing, ...parts });
  await app.register(observe, { metrics: parts.metrics });
  await app.register(rateLimit, parts.rateLimit);
  await app.register(idempotency);
  await app.register(formerAnswers);
  await app.register(location);
  await app.register(openapi);

  if (parts.answersWaitForStarts === true) {
    app.addHook('onSend', async (request) => {
      if (request.method !== 'GET') await parts.starts.idle();
    });
  }
  await registerRoutes(app as unknown as FastifyInstance, { ...parts, keyRing });
  await app.ready();
  return app as unknown as FastifyInstance;
}

/** Each file of routes has one resource. */
async function registerRoutes(
  app: FastifyInstance,
  parts: ServerParts & { keyRing: KeyRing },
): Promise<void> {
  const desk = createGiftDesk(parts);
  await app.register(healthRoutes, parts);
  await app.register(codecRoutes, parts);
  await app.register(accountRoutes, parts);
  await app.register(holdingRoutes, parts);
  await app.register(grantRoutes, parts);
  await app.register(grantReadRoutes, parts);
  await app.register(resetRoutes, parts);
  await app.register(usageRoutes, parts);
  await app.register(invoiceListRoutes, parts);
  await app.register(invoiceRoutes, parts);
  await app.register(invoiceCorrectionRoutes, parts);
  const purchaseDesk = createPurchaseDesk(parts);
  await app.register(purchaseRoutes, { desk: purchaseDesk });
  await app.register(refundRoutes, parts);
  await app.register(paymentCaseRoutes, parts);
  await app.register(stripeWebhookRoutes, { desk: purchaseDesk });
  await app.register(topUpRoutes, parts);
  if (parts.creditsLink.isOwnPage) await app.register(creditsPageRoutes, { ...parts, desk: purchaseDesk });
  if (parts.demoPayments !== undefined) {
    await app.register(demoCheckoutRoutes, { ...parts, payments: parts.demoPayments, desk: purchaseDesk });
  }
  await app.register(transferRoutes, { desk });
  await app.register(transferActionRoutes, { desk });
  await app.register(campaignRoutes, parts);
  const referralDesk = createReferralDesk(parts);
  await app.register(referralRoutes, { desk: referralDesk });
  await app.register(referralActionRoutes, { desk: referralDesk });
  await app.register(referralEndRoutes, { desk: referralDesk });
  await app.register(rewardWindowRoutes, parts);
  await app.register(codexRoutes, { ...parts, desk: referralDesk });
  await app.register(activityRoutes, parts);
  await app.register(eligibilityRoutes, parts);
  await app.register(programRoutes, parts);
  await app.register(programReportRoutes, parts);
  await app.register(policyRoutes, parts);
  await app.register(stuckItemRoutes, parts);
  await app.register(apiKeySecretRoutes, parts);
  await app.register(apiKeyRoutes, parts);
}
