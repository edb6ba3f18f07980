import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { CodexAppServer, type CodexHome, codexHome } from '../../support/codex-cli.ts';
import { ClientConsumed, ClientResetCredits, ClientUsage } from '../../support/codex-expectations.ts';
import { bank, use } from '../../support/resets.ts';
import { seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

/** The first run on a machine fetches the client. */
const PATIENCE = 300_000;

/** Answers are broken in ways that no type allows. */
type Broken = ReturnType<typeof JSON.parse>;
type Answer = { status: number; body: Broken };
/** What stands between the client and Boon, and spoils one answer. */
type Breakage = { call: 'usage' | 'credits' | 'consume'; spoil: (answer: Answer) => void };

const SCHEMAS: Record<Breakage['call'], z.ZodType> = {
  usage: ClientUsage,
  credits: ClientResetCredits,
  consume: ClientConsumed,
};
const PATHS: Record<Breakage['call'], RegExp> = {
  usage: /\/usage$/,
  credits: /\/rate-limit-reset-credits$/,
  consume: /\/consume$/,
};

/** Every change that the contract lists as one that breaks the real client. */
const BREAKAGES: [string, Breakage][] = [
  ['a fractional used_percent', usage((body) => (body.rate_limit.primary_window.used_percent = 50.5))],
  ['reset_at with a fraction of a second', usage((body) => (body.rate_limit.primary_window.reset_at += 0.5))],
  [
    'reset_at as a time',
    usage((body) => (body.rate_limit.secondary_window.reset_at = '2026-11-21T10:00:00Z')),
  ],
  ['a numeric balance', usage((body) => (body.credits.balance = 40.5))],
  [
    'a bare string as rate_limit_reached_type',
    usage((body) => (body.rate_limit_reached_type = 'rate_limit_reached')),
  ],
  ['a missing allowed', usage((body) => delete body.rate_limit.allowed)],
  ['granted_at as a number', credits((body) => (body.credits[0].granted_at = 1_795_257_483))],
  ['a consume answer with another code', consume(({ body }) => (body.code = 'refused'))],
  ['a consume answer that is not 200', consume((answer) => (answer.status = 409))],
];

function usage(spoil: (body: Broken) => void): Breakage {
  return { call: 'usage', spoil: ({ body }) => spoil(body) };
}
function credits(spoil: (body: Broken) => void): Breakage {
  return { call: 'credits', spoil: ({ body }) => spoil(body) };
}
function consume(spoil: (answer: Answer) => void): Breakage {
  return { call: 'consume', spoil };
}

let server: TestServer;
let proxy: Server;
let home: CodexHome;
let client: CodexAppServer;
let breakage: Breakage | undefined;
let spoilt: Answer | undefined;

beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
  server.time.now = new Date();
  const at = server.time.now.toISOString();
  await seedAccount(server.ledger, 'ada', { credits: '40.5', at });
  await bank(server.ledger, 'ada', { at });
  await use(server.ledger, 'ada', '12.5', at);
  proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization = '', 'content-type': type } = request.headers;
    const passed = await fetch(`${server.baseUrl}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const answer: Answer = { status: passed.status, body: await passed.json() };
    if (breakage !== undefined && PATHS[breakage.call].test(request.url ?? '')) {
      breakage.spoil(answer);
      spoilt = answer;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  home = await codexHome(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, 'ada');
  client = await CodexAppServer.start(home);
}, PATIENCE);
afterAll(async () => {
  await client.stop();
  await home.remove();
  proxy.close();
  await server.close();
});

const read = () =>
  client.request<{ rateLimitResetCredits: { credits: unknown[] | null } }>('account/rateLimits/read');
const redeem = () =>
  client.request('account/rateLimitResetCredit/consume', { idempotencyKey: crypto.randomUUID() });

describe('what the real client cannot read, the expectations of these tests refuse as well', () => {
  test.each(BREAKAGES)('%s', async (_, broken) => {
    breakage = broken;
    spoilt = undefined;
    try {
      if (broken.call === 'usage') await expect(read()).rejects.toThrow();
      // The list is beside the limits: without it the client shows a number of resets, and none to choose.
      if (broken.call === 'credits') expect((await read()).rateLimitResetCredits.credits).toBeNull();
      if (broken.call === 'consume') await expect(redeem()).rejects.toThrow();
    } finally {
      breakage = undefined;
    }
    const answer = spoilt as Answer | undefined;
    expect(answer).toBeDefined();
    if (answer?.status === 200) expect(SCHEMAS[broken.call].safeParse(answer.body).success).toBe(false);
  });

  test('nothing of it is in the way of answers that are passed on as Boon gives them', async () => {
    expect((await read()).rateLimitResetCredits.credits).not.toBeNull();
    await expect(redeem()).resolves.toBeDefined();
  });
});
