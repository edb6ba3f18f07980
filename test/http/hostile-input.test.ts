/** Whatever is put where an id or a cursor belongs, the answer is a refusal, never a fault of Boon's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Parameter = { name: string; in: string; required: boolean };
type Operation = { method: string; path: string; parameters: Parameter[] };

let server: TestServer;
let operations: Operation[];
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'ada', { credits: '10' });
  const document = (await server.send('GET', '/openapi.json', { as: null })).json as {
    paths: Record<string, Record<string, { parameters?: Parameter[] }>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
    })),
  );
});
afterAll(() => server.close());

const IDS = [
  'a%00b',
  '%00',
  '%ff',
  'a%0Ab',
  '%F0%9F%92%A9',
  `${'x'.repeat(65)}`,
  '..%2F..',
  "'%3B--",
  '%25',
  ' ',
  '0',
  '-1',
  '9'.repeat(30),
];

const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
const PARTS = [
  '2026-99-99',
  '2026-99-99T00:00:00.000Z',
  '2026-02-30T00:00:00.000000Z',
  '+275760-09-13T00:00:00.001Z',
  '-1',
  '9'.repeat(18),
  '9'.repeat(19),
  '\u0000',
  'a\u0000b',
  "'",
  'x'.repeat(64),
  '1e9',
  'NaN',
  'infinity',
];
const CURSORS = [
  '',
  'x',
  '%00',
  cursor(null),
  cursor({}),
  cursor([]),
  ...PARTS.flatMap((part) => [
    cursor([part]),
    cursor([part, '1']),
    cursor(['1', part]),
    cursor([part, part]),
    cursor([part, part, part]),
    cursor([part, part, '1', '1:granted']),
  ]),
];

const AT_ONCE = 16;

async function faults(calls: { method: string; path: string }[]): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; from < calls.length; from += AT_ONCE)
    await Promise.all(
      calls.slice(from, from + AT_ONCE).map(async ({ method, path }) => {
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
        const { status, text } = await server.send(method, path, body);
        if (status >= 500) found.push(`${method} ${path}: ${status} ${text.slice(0, 200)}`);
      }),
    );
  return found;
}

test('in the place of each id', async () => {
  const calls = operations.flatMap(({ method, path }) =>
    path.includes('{') ? IDS.map((id) => ({ method, path: path.replaceAll(/\{\w+\}/g, id) })) : [],
  );
  expect(calls.length).toBeGreaterThan(500);
  expect(await faults(calls)).toEqual([]);
});

test('in the place of each parameter of a query', async () => {
  const calls = operations.flatMap(({ method, path, parameters }) =>
    parameters
      .filter((parameter) => parameter.in === 'query' && parameter.name !== 'cursor')
      .flatMap(({ name }) => {
        const needed = parameters.filter(
          (other) => other.in === 'query' && other.required && other.name !== name,
        );
        const rest = needed.map((other) => `&${other.name}=ada`).join('');
        return IDS.map((value) => ({
          method,
          path: `${path.replaceAll(/\{\w+\}/g, 'ada')}?${name}=${value}${rest}`,
        }));
      }),
  );
  expect(calls.length).toBeGreaterThan(100);
  expect(await faults(calls)).toEqual([]);
});

test('in the place of each cursor', async () => {
  const calls = operations
    .filter(({ parameters }) => parameters.some(({ name }) => name === 'cursor'))
    .flatMap(({ method, path, parameters }) => {
      const needed = parameters.filter((other) => other.in === 'query' && other.required);
      const rest = needed.map((other) => `&${other.name}=ada`).join('');
      return CURSORS.map((value) => ({
        method,
        path: `${path.replaceAll(/\{\w+\}/g, 'ada')}?cursor=${value}${rest}`,
      }));
    });
  expect(calls.length).toBeGreaterThan(100);
  expect(await faults(calls)).toEqual([]);
});

test('on the pages for people', async () => {
  const calls = ['/claim', '/invite', '/credits', '/demo/checkout'].flatMap((page) =>
    IDS.flatMap((id) => [
      { method: 'GET', path: `${page}/${id}` },
      { method: 'GET', path: `${page}?account=${id}&id=${id}&until=${id}&signature=${id}&token=${id}` },
    ]),
  );
  expect(await faults(calls)).toEqual([]);
});
