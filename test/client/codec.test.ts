import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonCodecOptions, boonCodec } from '../../src/contracts/codec/boon-codec.ts';
import {
  type BoonCodecError,
  codecErrorOf,
  isBoonCodecError,
} from '../../src/contracts/codec/codec-error.ts';
import type { Payload } from '../../src/contracts/codec/payload-codec.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const REASON = { reason: 'she is my neighbour' };

function payloadOf(value: unknown): Payload {
  return json(JSON.stringify(value));
}

function json(text: string): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(text) };
}

/** What is in payloads, and whether it can be read there. */
function seen(payloads: readonly Payload[]): [string, string][] {
  return payloads.map(({ metadata, data }) => [
    Buffer.from(metadata?.encoding ?? []).toString(),
    Buffer.from(data ?? []).toString(),
  ]);
}

function codecOf(options: Partial<BoonCodecOptions> = {}) {
  return boonCodec({ url: server.baseUrl, apiKey: server.apiKey, ...options });
}

async function faultOf(work: Promise<unknown>): Promise<BoonCodecError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isBoonCodecError(thrown)) throw new Error(`not a BoonCodecError: ${thrown}`);
  return thrown;
}

/** A fetch that counts what it was asked and goes on to the real one. */
function counting(): { fetch: typeof fetch; calls: { path: string; payloads: unknown[]; bytes: number }[] } {
  const calls: { path: string; payloads: unknown[]; bytes: number }[] = [];
  return {
    calls,
    fetch: (url, init) => {
      const body = String(init?.body);
      const { pathname } = new URL(String(url));
      calls.push({ path: pathname, payloads: JSON.parse(body).payloads, bytes: Buffer.byteLength(body) });
      return fetch(url, init);
    },
  };
}

/** A server that answers so, in the endpoint's place. */
async function withServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  use: (options: BoonCodecOptions, asked: () => number) => Promise<void>,
): Promise<void> {
  let count = 0;
  const other = createServer((request, response) => {
    count += 1;
    answer(request, response, count);
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await use({ url, apiKey: 'boon_sk_other' }, () => count);
  } finally {
    other.closeAllConnections();
    other.close();
  }
}

test('what holds somebody’s words is encrypted by Boon and comes back, the rest stays as it is', async () => {
  const given = [payloadOf({ amount: '1' }), payloadOf(REASON), payloadOf('grüße an grace@example.com')];
  const encoded = await codecOf().encode(given);
  expect(seen(encoded).map(([encoding]) => encoding)).toEqual([
    'json/plain',
    'binary/encrypted',
    'binary/encrypted',
  ]);
  expect(seen(await codecOf().decode(encoded))).toEqual(seen(given));
});

test('what Boon’s own processes encrypted is read, and what this codec encrypted they read', async () => {
  const own = createPayloadCodec({ encryption: 'all', keys: [server.encryptionKey] });
  const given = [payloadOf(REASON)];
  expect(seen(await codecOf().decode(await own.encode(given)))).toEqual(seen(given));
  expect(seen(await own.decode(await codecOf().encode(given)))).toEqual(seen(given));
});

test('bytes of every value, empty data and none at all come back as they were', async () => {
  const own = createPayloadCodec({ encryption: 'all', keys: [server.encryptionKey] });
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
  const binary = { metadata: { encoding: Buffer.from('binary/plain'), note: bytes }, data: bytes };
  const nothing = { metadata: { encoding: Buffer.from('binary/null') } };
  const given = [binary, json(''), nothing];
  const decoded = await codecOf().decode(await own.encode(given));
  expect(decoded.map(({ data }) => Buffer.from(data ?? []))).toEqual([
    Buffer.from(bytes),
    Buffer.alloc(0),
    Buffer.alloc(0),
  ]);
  expect(Buffer.from(decoded[0]?.metadata?.note ?? [])).toEqual(Buffer.from(bytes));
  expect(seen(await codecOf().encode([nothing]))).toEqual(seen([nothing]));
});

test('Boon is asked only about what it must see', async () => {
  const { fetch, calls } = counting();
  const codec = codecOf({ fetch });
  const [encrypted = {}] = await codecOf().encode([payloadOf(REASON)]);
  const nothing = { metadata: { encoding: Buffer.from('binary/null') } };
  expect(await codec.encode([])).toEqual([]);
  expect(await codec.encode([nothing, encrypted])).toEqual([nothing, encrypted]);
  const plain = payloadOf({ status: 'settled' });
  expect(await codec.decode([plain])).toEqual([plain]);
  expect(calls).toEqual([]);
  expect(seen(await codec.decode([plain, encrypted]))).toEqual(seen([plain, payloadOf(REASON)]));
  expect(calls.map(({ path, payloads }) => [path, payloads.length])).toEqual([['/codec/decode', 1]]);
});

test('fields of a payload that the endpoint does not know stay', async () => {
  const given = { ...payloadOf(REASON), ofLaterVersions: [7] };
  const encoded = await codecOf().encode([given]);
  expect(seen(encoded)[0]?.[0]).toBe('binary/encrypted');
  expect(encoded[0]).toMatchObject({ ofLaterVersions: [7] });
  expect((await codecOf().decode(encoded))[0]).toMatchObject({ ofLaterVersions: [7] });
});

test('more than the endpoint takes goes in several calls and comes back in order', {
  timeout: 120_000,
}, async () => {
  const many = counting();
  const small = Array.from({ length: 10_001 }, (_, i) => payloadOf(i));
  expect(seen(await codecOf({ fetch: many.fetch }).encode(small))).toEqual(seen(small));
  expect(many.calls.map(({ payloads }) => payloads.length)).toEqual([10_000, 1]);
  const large = counting();
  const long = Array.from({ length: 5 }, (_, i) => payloadOf({ text: `${i}${'x'.repeat(2_000_000)}` }));
  expect(seen(await codecOf({ fetch: large.fetch }).encode(long))).toEqual(seen(long));
  expect(large.calls.map(({ payloads }) => payloads.length)).toEqual([3, 2]);
  expect(Math.max(...large.calls.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8 * 1024 * 1024);
});

test('one payload that fills a call to its last byte is taken; one byte more is refused before anything is sent', async () => {
  const limit = 8 * 1024 * 1024;
  const empty = JSON.stringify({
    payloads: [{ metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: '' }],
  }).length;
  // Base64 writes three bytes as four characters; a comma is counted for each payload.
  const longest = Math.floor((limit - empty - 1) / 4) * 3;
  const { fetch, calls } = counting();
  const fits = json('x'.repeat(longest));
  expect(seen(await codecOf({ fetch }).encode([fits]))).toEqual(seen([fits]));
  expect(calls[0]?.bytes).toBeGreaterThan(limit - 8);
  const error = await faultOf(codecOf({ fetch }).encode([json('x'.repeat(longest + 3))]));
  expect(error).toMatchObject({ fault: 'too_large', direction: 'encode', status: 0 });
  expect(calls).toHaveLength(1);
});

test('a key that Boon does not know, and one without the scope, are told apart and the scope is named', async () => {
  const unknown = await faultOf(codecOf({ apiKey: 'boon_sk_wrong' }).encode([payloadOf(REASON)]));
  expect(unknown).toMatchObject({ fault: 'unauthorized', status: 401, direction: 'encode' });
  expect(unknown.message).toMatch(/^Nothing was sent to Temporal.*payloads:decode/s);
  expect(unknown.message).not.toContain('boon_sk_wrong');
  const made = await server.send('POST', '/v1/api-keys', {
    body: { name: 'shop', scopes: ['gifts:read'] },
  });
  const encrypted = await codecOf().encode([payloadOf(REASON)]);
  const refused = await faultOf(codecOf({ apiKey: String(made.json.key) }).decode(encrypted));
  expect(refused).toMatchObject({ fault: 'forbidden', status: 403, direction: 'decode' });
  expect(refused.message).toMatch(/^Temporal has answered.*payloads:decode/s);
});

test('a key with the scope payloads:decode does both', async () => {
  const made = await server.send('POST', '/v1/api-keys', {
    body: { name: 'shop', scopes: ['payloads:decode'] },
  });
  const codec = codecOf({ apiKey: String(made.json.key) });
  const given = [payloadOf(REASON)];
  expect(seen(await codec.decode(await codec.encode(given)))).toEqual(seen(given));
});

test('what Boon cannot read is an error with the key’s name, not a payload of unknown encoding', async () => {
  const foreign = createPayloadCodec({ encryption: 'all', keys: [Buffer.alloc(32, 9)] });
  const [lost = {}] = await foreign.encode([payloadOf(REASON)]);
  const [read = {}] = await codecOf().encode([payloadOf(REASON)]);
  const error = await faultOf(codecOf().decode([read, lost]));
  expect(error).toMatchObject({ fault: 'unreadable', direction: 'decode', status: 0 });
  expect(error.message).toContain(`"${Buffer.from(lost.metadata?.key ?? []).toString()}"`);
  expect(error.message).toContain('1 of 2 payloads');
  const changed = { ...read, data: Uint8Array.from(read.data ?? []).fill(0, 20, 30) };
  expect(await faultOf(codecOf().decode([changed]))).toMatchObject({ fault: 'unreadable' });
});

test('a server that is down is unreachable after every attempt, whatever is behind it', async () => {
  const { fetch, calls } = counting();
  const gone = codecOf({ url: 'http://127.0.0.1:9', fetch, retries: 1 });
  const error = await faultOf(gone.encode([payloadOf(REASON)]));
  expect(error).toMatchObject({ fault: 'unreachable', status: 0, cause: expect.any(Error) });
  expect(error.message).toContain('http://127.0.0.1:9/codec/encode');
  expect(calls).toHaveLength(2);
});

test('what passes is waited for: a fault of the server, overload, a lost connection', async () => {
  await withServer(
    (request, response, count) => {
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (count === 3) request.socket.destroy();
      else response.end('{"payloads":[{"metadata":{},"data":"eA=="}]}');
    },
    async (options, asked) => {
      expect(seen(await boonCodec(options).encode([payloadOf(1)]))).toEqual([['', 'x']]);
      expect(asked()).toBe(4);
    },
  );
  await withServer(
    (_, response) => response.writeHead(500).end('{"detail":"Something broke."}'),
    async (options, asked) => {
      const error = await faultOf(boonCodec({ ...options, retries: 1 }).encode([payloadOf(1)]));
      expect(error).toMatchObject({ fault: 'unreachable', status: 500 });
      expect(error.message).toContain('Something broke.');
      expect(asked()).toBe(2);
    },
  );
});

test('an endpoint that does not answer in time is given up', async () => {
  await withServer(
    () => {},
    async (options) => {
      const began = performance.now();
      const codec = boonCodec({ ...options, timeoutMs: 50, retries: 1 });
      expect(await faultOf(codec.encode([payloadOf(1)]))).toMatchObject({ fault: 'timeout', status: 0 });
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );
});

test('what is no codec endpoint is said, at once', async () => {
  const path = await faultOf(codecOf({ url: `${server.baseUrl}/codec` }).encode([payloadOf(1)]));
  expect(path).toMatchObject({ fault: 'not_found', status: 404 });
  expect(path.message).toContain('base of Boon');
  const answers = [
    '<html>',
    '[]',
    '{"payloads":[]}',
    '{"payloads":[7]}',
    '{"payloads":[null]}',
    '{"payloads":[{"data":7}]}',
    '{"payloads":[{"metadata":null}]}',
    '{"payloads":[{"metadata":{"encoding":7}}]}',
    '{"payloads":[{"data":"no base64!"}]}',
    '{"payloads":[{},{}]}',
  ];
  for (const answer of answers) {
    await withServer(
      (_, response) => response.end(answer),
      async (options, asked) => {
        const error = await faultOf(boonCodec(options).encode([payloadOf(1)]));
        expect(error, answer).toMatchObject({ fault: 'unexpected_answer', direction: 'encode' });
        expect(asked()).toBe(1);
      },
    );
  }
});

test('an address or a key that cannot be one is refused when the codec is made, and the key is not revealed', () => {
  expect(() => codecOf({ url: 'boon.example.com' })).toThrow(TypeError);
  expect(() => codecOf({ url: 'ftp://boon.example.com' })).toThrow('no http or https address');
  expect(() => codecOf({ apiKey: '' })).toThrow('apiKey');
  expect(() => codecOf({ apiKey: 'boon_sk_secret\n' })).toThrow(/^(?!.*secret)/s);
});

test('the codec’s error is found behind what Temporal’s client throws', async () => {
  const error = await faultOf(codecOf({ apiKey: 'boon_sk_wrong' }).encode([payloadOf(1)]));
  expect(codecErrorOf(error)).toBe(error);
  expect(codecErrorOf(new Error('gRPC', { cause: new Error('request', { cause: error }) }))).toBe(error);
  const circle = new Error('round');
  circle.cause = circle;
  for (const other of [circle, new Error('another'), null, undefined, 'text']) {
    expect(codecErrorOf(other)).toBeUndefined();
    expect(isBoonCodecError(other)).toBe(false);
  }
});
