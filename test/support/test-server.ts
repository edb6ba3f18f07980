/** An HTTP server of a test file's own: really listening, on a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../src/http/build-server.ts';
import { newApiKey } from '../../src/http/callers/api-key-secret.ts';
import { bootstrapApiKey } from '../../src/http/callers/bootstrap-key.ts';
import { keyDigest } from '../../src/http/callers/key-ring.ts';
import { createTokenVerifier, type TokenSettings } from '../../src/http/callers/token-verifier.ts';
import { closeServer } from '../../src/http/close-server.ts';
import type { ServerParts } from '../../src/http/route/server-parts.ts';
import {
  createStartQueue,
  type StartQueue,
  type StartQueueOptions,
} from '../../src/http/route/start-queue.ts';
import { type ApiKeys, createApiKeys } from '../../src/ledger/accounts/api-keys.ts';
import { openDatabase } from '../../src/ledger/postgres/database.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { createCreditsLink } from '../../src/payments/credits-link.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { createRecordingGiftProcess, type RecordingGiftProcess } from './recording-gift-process.ts';
import {
  createRecordingReferralProcess,
  type RecordingReferralProcess,
} from './recording-referral-process.ts';
import { openTestLedger, type PolicyPatch, policyWith, START, type TestLedger } from './test-ledger.ts';
import { expectTrueProblem } from './true-problem.ts';

type Answer = {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; `{}` when it is empty. */
  json: Record<string, unknown>;
};

export type Sent = {
  body?: unknown;
  /** Sent as it is, whatever it is. */
  rawBody?: string | Uint8Array<ArrayBuffer>;
  /** An Idempotency-Key; null sends none. Left out: a new one for each POST. */
  key?: string | null;
  /** A credential other than the operator's; null sends none. */
  as?: string | null;
  headers?: Record<string, string>;
};

export type TestServer = TestLedger & {
  baseUrl: string;
  apiKey: string;
  app: FastifyInstance;
  giftProcess: RecordingGiftProcess;
  referralProcess: RecordingReferralProcess;
  apiKeys: ApiKeys;
  metrics: Metrics;
  /** What waits behind the answers. */
  starts: StartQueue;
  /** The server's clock; set it to move time. */
  time: { now: Date };
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
};

export type TestServerOptions = {
  policy?: PolicyPatch;
  jwt?: Partial<TokenSettings>;
  parts?: Partial<ServerParts>;
  starts?: Partial<StartQueueOptions>;
  /** Left out: a free one. */
  port?: number;
  /** A ledger that is there already and is closed by whoever opened it. */
  ledger?: TestLedger;
};

/** Whose pages the server lets call its codec endpoint. */
export const UI_ORIGIN = 'https://temporal.boon.example';

const NO_TOKENS: TokenSettings = {
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  accountClaim: 'sub',
  trustUnsigned: false,
};

/** The first key of all, or on a ledger that has it one like it. */
async function operatorKey(apiKeys: ApiKeys): Promise<string> {
  const first = await bootstrapApiKey(apiKeys, undefined, START);
  if (first !== undefined) return first;
  const key = newApiKey();
  const id = `key_${randomBytes(8).toString('hex')}`;
  const all = {
    name: 'operator',
    scopes: ['*'],
    expires_at: null,
    by: 'key:key_bootstrap',
    parent_id: null,
  } as const;
  await apiKeys.create({ key: id, id, digest: keyDigest(key), at: START, ...all });
  return key;
}

/** Opens a ledger and a server on it; `close` ends both and proves the ledger. */
export async function openTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const testLedger = options.ledger ?? (await openTestLedger(options.policy));
  const keyDatabase = openDatabase(testLedger.url, { connections: 2 });
  const apiKeys = createApiKeys(keyDatabase);
  const apiKey = await operatorKey(apiKeys);
  const giftProcess = createRecordingGiftProcess(testLedger.ledger);
  const referralProcess = createRecordingReferralProcess();
  const metrics = createMetrics();
  const logger = createLogger('silent');
  const starts = createStartQueue({ metrics, logger, size: 1_000, concurrency: 16, ...options.starts });
  const time = { now: new Date(START) };
  const publicUrl = options.parts?.publicUrl ?? 'https://boon.example';
  const app = await buildServer({
    ledger: testLedger.ledger,
    giftProcess,
    referralProcess,
    campaignProcess: { wake: async () => undefined },
    purchaseProcess: { start: async () => undefined, changed: async () => undefined },
    refundProcess: { start: async () => undefined, changed: async () => undefined },
    codec: {
      payloads: createPayloadCodec({ encryption: 'personal', keys: [testLedger.encryptionKey] }),
      uiOrigins: [UI_ORIGIN],
    },
    apiKeys,
    tokens: createTokenVerifier({ ...NO_TOKENS, ...options.jwt }),
    clock: () => time.now,
    logger,
    starts,
    metrics,
    publicUrl,
    creditsLink: createCreditsLink({ encryptionKey: testLedger.encryptionKey, publicUrl }),
    policy: () => policyWith(options.policy),
    rateLimit: { service: 0, user: 0, wrongKeys: 0 },
    demoModel: false,
    // Unless a test is about the queue, its answers come when processes know.
    answersWaitForStarts: options.starts === undefined,
    ...options.parts,
  });
  const baseUrl = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });
  return {
    ...testLedger,
    baseUrl,
    apiKey,
    app,
    giftProcess,
    referralProcess,
    apiKeys,
    metrics,
    starts,
    time,
    send: (method, path, sent = {}) => send(baseUrl, apiKey, method, path, sent),
    async close() {
      await closeServer(app, starts);
      await keyDatabase.end();
      if (options.ledger === undefined) await testLedger.close();
    },
  };
}

async function send(
  baseUrl: string,
  apiKey: string,
  method: string,
  path: string,
  sent: Sent,
): Promise<Answer> {
  const { body, rawBody, key = method === 'POST' ? crypto.randomUUID() : null, as = apiKey } = sent;
  const content = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${as}` }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { 'idempotency-key': key }),
      ...sent.headers,
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const json = isJson ? JSON.parse(text) : {};
  expectTrueProblem(`${method} ${path}`, response, json);
  return { status: response.status, headers: response.headers, text, json };
}
