/** Whatever is wrong with a request of any call, it is said in plain words: `send` looks at every answer (`true-problem.ts`). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Schema = {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
  anyOf?: Schema[];
  examples?: Record<string, unknown>[];
};
type Operation = {
  parameters: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const VALUES = [
  null,
  0,
  -1.5,
  1e30,
  true,
  '',
  ' ',
  'x y',
  'x'.repeat(5_000),
  [],
  ['x', 1],
  {},
  { x: 1 },
  '2026-02-30',
];
const TEXTS = [
  '',
  '%20',
  '-1',
  '1e9',
  '2026-02-30',
  '2026-02-30T00:00:00Z',
  'x'.repeat(400),
  '%00',
  '%F0%9F%98%80',
];

let server: TestServer;
let document: Document;
let operations: (Operation & { method: string; path: string })[];
beforeAll(async () => {
  server = await openTestServer();
  document = (await server.send('GET', '/openapi.json', { as: null })).json as unknown as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
});
afterAll(() => server.close());

const filled = (path: string) => path.replace(/\{\w+\}/g, 'nothing');

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

function namesOf(schema: Schema): string[] {
  const { properties = {}, oneOf = [], anyOf = [] } = resolved(schema);
  return [...new Set([...Object.keys(properties), ...[...oneOf, ...anyOf].flatMap(namesOf)])];
}

test('a field of the wrong kind, of every body', async () => {
  let refused = 0;
  for (const { method, path, requestBody } of operations) {
    const schema = requestBody?.content['application/json']?.schema;
    if (schema === undefined) continue;
    const [example = {}] = resolved(schema).examples ?? [];
    for (const name of namesOf(schema)) {
      for (const value of VALUES) {
        const { status } = await server.send(method, filled(path), { body: { ...example, [name]: value } });
        expect(status, `${method} ${path} ${name} ${JSON.stringify(value)}`).toBeLessThan(500);
        if (status === 400) refused += 1;
      }
    }
  }
  expect(refused).toBeGreaterThan(800);
});

test('a body that is none, and a field that no call knows', async () => {
  for (const { method, path, requestBody } of operations) {
    if (requestBody === undefined) continue;
    for (const rawBody of [
      'null',
      '[]',
      '1',
      '"x"',
      '{}',
      '{',
      '{"a":}',
      '[1',
      'x',
      '{"__proto__":1}',
      '{"nope":1}',
    ])
      expect(
        (await server.send(method, filled(path), { rawBody })).status,
        `${method} ${path} ${rawBody}`,
      ).toBeLessThan(500);
  }
});

test('a parameter of the wrong kind, of every call', async () => {
  for (const { method, path, parameters } of operations) {
    for (const { name, in: place } of parameters) {
      for (const text of TEXTS) {
        const url =
          place === 'path' ? filled(path.replace(`{${name}}`, text)) : `${filled(path)}?${name}=${text}`;
        if (place === 'header') continue;
        const { status } = await server.send(method, url, method === 'GET' ? {} : { body: {} });
        expect(status, `${method} ${url}`).toBeLessThan(500);
      }
    }
    const { json, status } = await server.send(
      method,
      `${filled(path)}?nope=1`,
      method === 'GET' ? {} : { body: {} },
    );
    if (status === 400 && json.errors !== undefined)
      expect(json.errors, `${method} ${path}`).toEqual(expect.any(Array));
  }
});
