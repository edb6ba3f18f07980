import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Schema = {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  examples?: unknown[];
};
type Operation = {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** What does not keep a rule of `docs/api-style.md` yet. Each list only shrinks. */
const NOT_YET = {
  lists: ['GET /v1/accounts/{id}/resets'],
  /** Properties of schemas that say nothing of themselves: how many, at most. */
  undescribed: 337,
};

/** Their bodies have ids of their own, or they change nothing. */
const WITHOUT_KEY = [
  'POST /codec/decode',
  'POST /codec/encode',
  'POST /v1/accounts/{id}/resets/redeem',
  'POST /v1/activity',
  'POST /v1/usage',
  'POST /v1/webhooks/stripe',
];

let server: TestServer;
let document: Document;
let operations: (Operation & { name: string; path: string })[];
beforeAll(async () => {
  server = await openTestServer();
  document = (await server.send('GET', '/openapi.json', { as: null })).json as unknown as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      name: `${method.toUpperCase()} ${path}`,
    })),
  );
});
afterAll(() => server.close());

/** What a call answers when it succeeds, out of the named schemas. */
function answerOf({ responses }: Operation): Schema {
  const done = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const [schema] = Object.values(done?.content ?? {}).map((content) => content.schema);
  const name = schema?.$ref?.split('/').at(-1);
  return (name === undefined ? schema : document.components.schemas[name]) ?? {};
}

test('a list has its rows in `data` and the way on in `next_cursor`, and nothing else', () => {
  const lists = operations.filter(({ parameters }) => parameters.some(({ name }) => name === 'cursor'));
  expect(lists.length).toBeGreaterThan(5);
  const others = lists.filter(
    (list) =>
      Object.keys(answerOf(list).properties ?? {})
        .sort()
        .join() !== 'data,next_cursor',
  );
  expect(others.map(({ name }) => name)).toEqual(NOT_YET.lists);
});

test('a list takes a limit as well, and no other call answers rows in `data` but the packages', () => {
  for (const operation of operations) {
    const { name } = operation;
    const names = operation.parameters.map((parameter) => parameter.name);
    expect(names.includes('cursor'), name).toBe(names.includes('limit'));
    if (answerOf(operation).properties?.data !== undefined && !names.includes('cursor')) {
      expect(name).toBe('GET /v1/credits/packages');
    }
  }
});

test('every POST takes an Idempotency-Key, but for those whose body has an id', () => {
  const without = operations
    .filter(({ name }) => name.startsWith('POST '))
    .filter(
      ({ parameters }) => !parameters.some(({ name, required }) => name === 'Idempotency-Key' && required),
    );
  expect(without.map(({ name }) => name).sort()).toEqual(WITHOUT_KEY);
});

test('a call of one thing may answer 404, and a call with a body or a key what is wrong with it', () => {
  for (const { name, path, responses } of operations) {
    if (path.includes('{'))
      expect(Object.keys(responses), name).toContain(
        name.startsWith('PUT /v1/accounts/{id}') ? '400' : '404',
      );
    expect(Object.keys(responses), name).toContain('400');
  }
});

test('paths are lower case with hyphens, and parameters are named ids', () => {
  for (const { path } of operations) expect(path).toMatch(/^(\/[a-z0-9-]+|\/\{(id|account_id|program)\})+$/);
});

test('properties say what they are, all but those that do not yet', () => {
  const undescribed = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
    silent(schema, name),
  );
  expect(undescribed.length).toBeLessThanOrEqual(NOT_YET.undescribed);
});

/** The paths of properties without a description. */
function silent(schema: Schema, where: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    ...(property.description === undefined && property.$ref === undefined ? [`${where}.${name}`] : []),
    ...silent(property, `${where}.${name}`),
  ]);
  const inner = [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [...own, ...inner.flatMap((part) => (part === undefined ? [] : silent(part, where)))];
}
