/** What the HTTP server is built from; the composition root (or a test) hands it in. */
import type { Logger } from 'pino';
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import type { GiftProcess } from '../../contracts/gifts/gift-process.ts';
import type { Payments } from '../../contracts/purchases/payments.ts';
import type { PurchaseProcess } from '../../contracts/purchases/purchase-process.ts';
import type { RefundProcess } from '../../contracts/purchases/refund-process.ts';
import type { ReferralProcess } from '../../contracts/referrals/referral-process.ts';
import type { GiftProcesses } from '../../domain/gift-processes.ts';
import type { VersionedPolicy } from '../../domain/policy.ts';
import type { ApiKeys } from '../../ledger/accounts/api-keys.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { CreditsLink } from '../../payments/credits-link.ts';
import type { DemoPayments } from '../../payments/demo-payments.ts';
import type { TokenVerifier } from '../callers/token-verifier.ts';
import type { CodecParts } from '../codec.ts';
import type { RateLimit } from '../plugins/rate-limit.ts';
import type { StartQueue } from './start-queue.ts';

export type ServerParts = {
  ledger: Ledger;
  giftProcess: GiftProcess;
  /** Which gifts have workflows of their own; `each` when left out. */
  giftProcesses?: GiftProcesses | undefined;
  campaignProcess: CampaignProcess;
  referralProcess: ReferralProcess;
  purchaseProcess: PurchaseProcess;
  refundProcess: RefundProcess;
  /**
   * What processes are asked after the answers. Whoever made it closes it, after the server and before Temporal's
   * connection.
   */
  starts: StartQueue;
  /** For tests of others: an answer that wrote something waits until processes know of it. */
  answersWaitForStarts?: boolean | undefined;
  /** Left out: nothing can be bought. */
  payments?: Payments | undefined;
  /** The same payments, when they are the demonstration: its pages are served. */
  demoPayments?: DemoPayments | undefined;
  creditsLink: CreditsLink;
  codec: CodecParts;
  apiKeys: ApiKeys;
  tokens: TokenVerifier;
  /** The only clock that requests are judged by; a harness gives its own. */
  clock: () => Date;
  logger: Logger;
  metrics: Metrics;
  /** Base of claim links. */
  publicUrl: string;
  /** The policy that new gifts are accepted under; /readyz shows its version. */
  policy: () => VersionedPolicy;
  rateLimit: RateLimit;
  /** Proxies, addresses or networks, whose word for a caller's address is taken. */
  trustedProxies?: readonly string[];
  /** Origins of pages that may call the API from a browser. */
  corsOrigins?: readonly string[] | undefined;
  /** Whether the demonstration of a metered model call is served. */
  demoModel: boolean;
  /** Aborted when the server is to stop: it still serves, and readiness says that it is draining. */
  draining?: AbortSignal | undefined;
};
