/** Gifts on real parts for one test file: a ledger of its own, a Temporal server, a worker, a mail server. */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import nodemailer from 'nodemailer';
import { expect } from 'vitest';
import {
  type AcceptedGift,
  type Gift,
  type GiftActionRequest,
  giftWorkflowId,
} from '../../src/contracts/gifts/gift.ts';
import { acceptedGift, type GiftProcess } from '../../src/contracts/gifts/gift-process.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import type { GiftAction, GiftStatus } from '../../src/domain/gift-status.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { type BoonWorkerOptions, createBoonWorker } from '../../src/temporal/boon-worker.ts';
import { converted } from '../../src/temporal/connection.ts';
import { createGiftProcess } from '../../src/temporal/gifts/gift-process.ts';
import { createPayloadCodec, payloadKeys } from '../../src/temporal/payload-codec.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import './quiet-sdk.ts';
import { catchMails, type MailCatcher } from './mail-catcher.ts';
import type { TestTemporal } from './temporal-server.ts';
import {
  newGiftId,
  newKey,
  openTestLedger,
  type PolicyPatch,
  seedAccount,
  type TestLedger,
} from './test-ledger.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const PUBLIC_URL = 'https://boon.example';

/** How long work that is due may really take on a busy machine, in milliseconds. */
const PATIENCE = 100_000;

export type GiftRig = {
  temporal: TestTemporal;
  client: Client;
  own: TestLedger;
  ledger: Ledger;
  process: GiftProcess;
  mail: MailCatcher;
  workerOptions: BoonWorkerOptions;
  /** Starts another worker with changes to the options; it is stopped with the rig. */
  startWorker: (changes?: Partial<BoonWorkerOptions>) => Promise<RunningWorker>;
  now: () => Promise<string>;
  /** Lets time pass; what becomes due in it may need a moment of real time after. */
  sleep: (milliseconds: number) => Promise<void>;
  /** An established, verified account, with credits to give. */
  seed: (id: string, credits?: string) => Promise<void>;
  /** A gift as the API would make it: accepted by the ledger, then started. */
  give: (request: Pick<AcceptRequest, 'from' | 'to' | 'amount'> & Partial<AcceptRequest>) => Promise<Gift>;
  /** An action as the API would send it. */
  act: (gift: Gift, action: GiftAction, more?: Partial<GiftActionRequest>) => Promise<Gift>;
  available: (account: string) => Promise<string>;
  /** Waits in real time until the ledger has the gift in this status. */
  until: (gift: { id: string }, status: GiftStatus) => Promise<Gift>;
  /** Waits in real time until the gift's workflow has closed. */
  untilClosed: (gift: { id: string }) => Promise<void>;
  /** Has the histories of these workflows replayed at the end; those of `give` are. */
  replayLater: (...workflowIds: string[]) => void;
  close: () => Promise<void>;
};

type RunningWorker = { stop: () => Promise<void> };

/** Builds the rig around a server, which it closes in the end. */
export async function giftRig(
  temporal: TestTemporal,
  options: { policy?: PolicyPatch; worker?: Partial<BoonWorkerOptions> | false } = {},
): Promise<GiftRig> {
  const own = await openTestLedger(options.policy);
  const { ledger } = own;
  // As every process on this database would have it.
  const codec = createPayloadCodec({ encryption: 'personal', keys: payloadKeys(own.encryptionKey, []) });
  const {
    connection,
    options: { namespace },
  } = temporal.client;
  const client = new Client({ connection, namespace, ...converted(codec) });
  const mail = await catchMails();
  const workers: RunningWorker[] = [];
  const workflowIds = new Set<string>();
  let moment = await temporal.now();
  const now = async () => {
    moment = await temporal.now();
    return moment.toISOString();
  };
  await registerSearchAttributes(client);
  const bundle = await workflowBundle(cacheFolder());
  const process = createGiftProcess({
    client,
    ledger,
    taskQueue: TASK_QUEUE,
    clock: () => moment,
    actPatience: PATIENCE,
  });
  const workerOptions: BoonWorkerOptions = {
    connection: temporal.nativeConnection,
    client,
    codec,
    taskQueue: TASK_QUEUE,
    ledger,
    mail: {
      transport: nodemailer.createTransport(mail.url),
      from: 'Boon <boon@boon.example>',
      publicUrl: PUBLIC_URL,
    },
    bundle,
    clock: () => moment,
    buildId: 'boon-test',
  };

  const rig: GiftRig = {
    temporal,
    client,
    own,
    ledger,
    process,
    mail,
    workerOptions,
    now,
    sleep: temporal.sleep,
    async startWorker(changes = {}) {
      const worker = await createBoonWorker({ ...workerOptions, ...changes });
      const ended = worker.run();
      let stopped: Promise<void> | undefined;
      const running = {
        stop() {
          if (worker.getState() === 'RUNNING') worker.shutdown();
          stopped ??= ended;
          return stopped;
        },
      };
      workers.push(running);
      return running;
    },
    async seed(id, credits) {
      const at = await now();
      const established = new Date(Date.parse(at) - 400 * DAY).toISOString();
      const put = { created_at: established, identity_verified_at: established };
      await seedAccount(ledger, id, { at, put, ...(credits === undefined ? {} : { credits }) });
    },
    async give(request) {
      const accepted = await ledger.acceptGift({
        key: newKey('accept'),
        id: newGiftId(),
        at: await now(),
        funding: 'transfer',
        message: null,
        ...request,
      });
      const gift = accepted.value;
      const toStart = acceptedGift(gift);
      if (toStart !== undefined) await startPatiently(process, toStart);
      workflowIds.add(giftWorkflowId(gift.id));
      return gift;
    },
    async act(gift, action, more = {}) {
      const at = await now();
      const request = {
        key: newKey(action),
        gift_id: gift.id,
        action,
        at,
        by: 'test',
        ...(action === 'claim' ? {} : { reason: 'because' }),
        ...more,
      };
      return (await process.act(request)).value;
    },
    available: async (account) => (await ledger.balance(account, await now())).available,
    async until(gift, status) {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const found = await ledger.findGift(gift.id).catch(() => undefined);
        if (found?.status === status) return found;
        if (Date.now() > end)
          throw new Error(`The gift is ${found?.status}, not ${status}: ${JSON.stringify(found)}`);
        await pause(50);
      }
    },
    async untilClosed(gift) {
      const end = Date.now() + PATIENCE;
      const handle = client.workflow.getHandle(giftWorkflowId(gift.id));
      while ((await handle.describe()).status.name === 'RUNNING') {
        if (Date.now() > end) throw new Error(`The workflow of ${gift.id} still runs`);
        await pause(50);
      }
    },
    replayLater: (...ids) => {
      for (const id of ids) workflowIds.add(id);
    },
    async close() {
      try {
        await expectReplayed(client, workflowIds, workerOptions);
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
        await mail.close();
        await temporal.close();
      }
      await own.close();
    },
  };
  if (options.worker !== false) await rig.startWorker(options.worker);
  return rig;
}

/** A server that has just begun, on a busy machine, may take longer than a caller would wait. */
async function startPatiently(process: GiftProcess, gift: AcceptedGift): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await process.start(gift);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

/** What the workflows' code did must be what it would do again. */
async function expectReplayed(
  client: Client,
  workflowIds: Iterable<string>,
  { bundle, codec }: BoonWorkerOptions,
): Promise<void> {
  const histories = [];
  for (const workflowId of workflowIds) {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    // One that has not run yet, because its start is delayed, has nothing to replay.
    if (history.events?.some((event) => event.workflowTaskCompletedEventAttributes))
      histories.push({ workflowId, history });
  }
  const failures = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: bundle, ...converted(codec) },
    histories,
  )) {
    if (error !== undefined) failures.push(`${workflowId}: ${error.message}`);
  }
  expect(failures).toEqual([]);
}
