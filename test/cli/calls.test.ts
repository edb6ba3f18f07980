import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALLS } from '../../src/cli/calls.ts';
import { forAll, program } from '../../src/cli/program.ts';
import { boonCommand } from '../support/command-line.ts';
import { openTestServer } from '../support/test-server.ts';

/** Called by others: Stripe, and Temporal's Web UI and command. */
const OF_OTHERS = ['takeStripeWebhook', 'decodePayloads', 'encodePayloads'];

/** Commands that make no call of the API. */
const LOCAL = [
  'start',
  'doctor',
  'migrate',
  'server run',
  'worker run',
  'policy check',
  'policy open',
  'ledger verify',
  'ledger seal',
  'ledger compare-stripe',
];

let paths: Record<string, Record<string, { operationId: string }>>;
let called: string[];
let stub: Server;
let settings: Record<string, string>;

beforeAll(async () => {
  const server = await openTestServer();
  paths = (await server.send('GET', '/openapi.json', { as: null })).json.paths as typeof paths;
  await server.close();
  stub = createServer((request, response) => {
    const path = new URL(String(request.url), 'http://stub').pathname;
    const operation = operationOf(String(request.method), path);
    called.push(operation);
    const known = ANSWERS[operation];
    response.writeHead(known === undefined ? 404 : 200, {
      'content-type': known === undefined ? 'application/problem+json' : 'application/json',
      'x-request-id': 'r',
    });
    response.end(JSON.stringify(known ?? { status: 404, code: 'not_found', title: 'Not found', detail: '' }));
  });
  await new Promise<void>((listening) => stub.listen(0, '127.0.0.1', listening));
  const { port } = stub.address() as AddressInfo;
  settings = { BOON_URL: `http://127.0.0.1:${port}`, BOON_API_KEY: 'key' };
});
afterAll(() => stub?.close());

/** What a command looks up before it does what it is for. */
const ANSWERS: Record<string, unknown> = {
  getHealth: { status: 'ok' },
  getReadiness: { status: 'ready', checks: {} },
  getMetrics: '',
  getPurchase: { price: { amount: 400, currency: 'usd' } },
  getInvoice: { total: { amount: 400, currency: 'usd' } },
  listStuckItems: { data: [{ id: 'stk_1' }], next_cursor: null },
};

function operationOf(method: string, path: string): string {
  for (const [template, methods] of Object.entries(paths)) {
    const form = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const operation = methods[method.toLowerCase()];
    if (operation !== undefined && form.test(path)) return operation.operationId;
  }
  return `${method} ${path}`;
}

test('every call of the API has a command that names it', () => {
  const operations = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  const named = new Set([...Object.values(CALLS).flat(), ...OF_OTHERS]);
  expect([...named].sort()).toEqual(operations.sort());
});

test('every command names its calls, or makes none', async () => {
  const verbs: string[] = [];
  forAll(await program({ env: {}, print: () => {}, note: () => {} }), (command, name) => {
    if (command.commands.length === 0) verbs.push(name);
  });
  expect(verbs.filter((name) => name !== 'help').sort()).toEqual([...Object.keys(CALLS), ...LOCAL].sort());
});

test('what a command calls is what it names: the examples of help, together, call all of it', async () => {
  const all = new Set<string>();
  for (const [name, calls] of Object.entries(CALLS)) {
    const { out } = await boonCommand([...name.split(' '), '--help']);
    called = [];
    for (const [, example = ''] of out.replaceAll(/ \\\n +/g, ' ').matchAll(/^ {2}\$ boon (.+)$/gm)) {
      const { code, err } = await boonCommand(wordsOf(example), settings);
      expect([0, 1], `${example}: ${err}`).toContain(code);
    }
    expect(calls, name).toEqual(expect.arrayContaining([...new Set(called)]));
    expect(called.length, name).toBeGreaterThan(0);
    for (const call of called) all.add(call);
  }
  expect([...all].sort()).toEqual([...new Set(Object.values(CALLS).flat())].sort());
});

/** As a shell splits a line; what is redirected stays out. */
function wordsOf(line: string): string[] {
  return [...line.replace(/ > .*/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, word]) => quoted ?? word ?? '',
  );
}
