/** A worker: Boon's workflows with their activities, on one task queue. */
import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import {
  type NativeConnection,
  Worker,
  type WorkerInterceptors,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { billingActivities } from '../activities/billing/billing.ts';
import { campaignActivities } from '../activities/campaigns/campaigns.ts';
import { expiryActivities } from '../activities/expiry.ts';
import { lostGiftActivities } from '../activities/gifts/gift-starts.ts';
import { ledgerActivities } from '../activities/gifts/ledger.ts';
import { settlementActivities } from '../activities/gifts/settlement.ts';
import { letterActivities } from '../activities/letters.ts';
import { type MailDependencies, mailActivities } from '../activities/mail.ts';
import { purchaseActivities } from '../activities/purchases/purchase.ts';
import { purchaseMailActivities } from '../activities/purchases/purchase-mail.ts';
import { refundActivities } from '../activities/purchases/refund.ts';
import { reconcileActivities } from '../activities/reconcile.ts';
import { referralActivities } from '../activities/referrals/referral.ts';
import { referralMailActivities } from '../activities/referrals/referral-mail.ts';
import { referralSweepActivities } from '../activities/referrals/referral-sweep.ts';
import { rewardActivities } from '../activities/referrals/reward.ts';
import { resetMailActivities } from '../activities/resets/reset-mail.ts';
import { resetActivities } from '../activities/resets/resets.ts';
import { stuckDutyActivities } from '../activities/stuck-duties.ts';
import { usageActivities } from '../activities/usage/usage.ts';
import type { Payments } from '../contracts/purchases/payments.ts';
import type { GiftProcesses } from '../domain/gift-processes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { billingRuns } from './billing/billing-runs.ts';
import { campaignRuns } from './campaigns/campaign-runs.ts';
import { converted } from './connection.ts';
import { giftRuns } from './gifts/gift-runs.ts';
import { purchaseRuns } from './purchases/purchase-runs.ts';
import { refundRuns } from './purchases/refund-runs.ts';
import { referralRuns } from './referrals/referral-runs.ts';
import { rewardWindows } from './referrals/reward-window-process.ts';
import { windowRuns } from './referrals/reward-window-runs.ts';
import type { Deployment } from './versioning.ts';

export type BoonWorkerOptions = {
  connection: NativeConnection;
  /** For what `reconcile` asks and starts; its namespace is the worker's. */
  client: Client;
  taskQueue: string;
  ledger: Ledger;
  mail: Omit<MailDependencies, 'ledger'>;
  /** Which gifts have workflows of their own; `each` when left out. */
  giftProcesses?: GiftProcesses | undefined;
  /** Left out: nothing is charged, and no payment is asked after. */
  payments?: Payments | undefined;
  bundle: WorkflowBundleOption;
  /** The Temporal server's time: delays of a start are counted from it. */
  clock: () => Date;
  /** Encrypts what leaves the worker; the client must have the same. */
  codec?: PayloadCodec | undefined;
  /** Runs as this version of a worker deployment; unversioned when left out. */
  deployment?: Deployment | undefined;
  /** Says which build did a task when there is no deployment; short, because each task's events hold it. */
  buildId?: string;
  maxCachedWorkflows?: number;
  /** Accounts in one transaction of a campaign. */
  campaignPageSize?: number;
  /** What wraps each activity; nothing when left out. A harness passes its own time this way. */
  interceptors?: Pick<WorkerInterceptors, 'activity'>;
};

/**
 * Workflows kept in memory, at about 0.4 MB each. Most gifts live for one task; only those with a timer or an
 * update gain by it.
 */
const CACHED_WORKFLOWS = 250;

/**
 * How long a task waits for the worker that has its workflow in memory, in milliseconds. A worker that was killed must not keep
 * its workflows from the others for as long as a caller waits.
 */
export const STICKY_TIMEOUT = 3_000;

/** Connects a worker that does all of Boon's work; `run()` starts it and `shutdown()` drains it. */
export async function createBoonWorker(options: BoonWorkerOptions): Promise<Worker> {
  const { connection, client, taskQueue, ledger, mail, bundle, clock, deployment } = options;
  const { giftProcesses = 'each' } = options;
  const runs = giftRuns(client, taskQueue, clock);
  return await Worker.create({
    connection,
    namespace: client.options.namespace,
    taskQueue,
    workflowBundle: bundle,
    ...converted(options.codec),
    activities: {
      ...ledgerActivities(ledger),
      ...mailActivities({ ledger, ...mail }),
      ...letterActivities({ ledger, ...mail }),
      ...reconcileActivities(ledger, runs, giftProcesses),
      ...lostGiftActivities(ledger, runs, giftProcesses),
      ...settlementActivities(ledger, runs),
      ...stuckDutyActivities(ledger),
      ...expiryActivities(ledger),
      ...resetActivities(ledger),
      ...usageActivities(ledger),
      ...resetMailActivities({ ledger, ...mail }),
      ...referralActivities(ledger),
      ...referralMailActivities({ ledger, ...mail }),
      ...rewardActivities(ledger, rewardWindows(client, taskQueue)),
      ...referralSweepActivities(ledger, referralRuns(client, taskQueue), windowRuns(client, taskQueue)),
      ...purchaseActivities({
        ledger,
        runs: purchaseRuns(client, taskQueue),
        refundRuns: refundRuns(client, taskQueue),
        payments: options.payments,
      }),
      ...refundActivities({ ledger, payments: options.payments }),
      ...purchaseMailActivities({ ledger, ...mail }),
      ...billingActivities({
        ledger,
        runs: billingRuns(client, taskQueue),
        payments: options.payments,
        ...mail,
      }),
      ...campaignActivities({
        ledger,
        runs,
        process: campaignRuns(client, taskQueue),
        pageSize: options.campaignPageSize,
      }),
    },
    interceptors: options.interceptors ?? {},
    maxCachedWorkflows: options.maxCachedWorkflows ?? CACHED_WORKFLOWS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    // What runs may finish; after that it is cancelled, and repeated by another worker.
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
    ...version(deployment, options.buildId),
  });
}

type Version = Pick<WorkerOptions, 'buildId' | 'workerDeploymentOptions'>;

function version(deployment: Deployment | undefined, buildId: string | undefined): Version {
  if (deployment === undefined) return buildId === undefined ? {} : { buildId };
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: deployment.name, buildId: deployment.buildId },
      // Each workflow says its own; this is for one that began on an unversioned worker.
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
