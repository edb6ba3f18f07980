import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCOPES } from '../../src/contracts/accounts/scopes.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Schema = {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  examples?: unknown[];
};
type Content = Record<string, { schema: Schema; example?: unknown }>;
type Operation = {
  operationId: string;
  summary: string;
  security: { apiKey?: string[] }[];
  parameters: { name: string; in: string; required: boolean; description?: string }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; headers?: object; content?: Content }>;
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    securitySchemes: { apiKey: { description: string } };
  };
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

/** What answers 201. */
const MADE = [
  'POST /v1/api-keys',
  'POST /v1/credits/grants',
  'POST /v1/credits/purchases',
  'POST /v1/invoices/{id}/credit-notes',
  'POST /v1/referrals',
  'POST /v1/resets/grants',
  'PUT /v1/accounts/{id}',
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
  expect(others.map(({ name }) => name)).toEqual([]);
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

test('every property says what it is', () => {
  const undescribed = properties().filter(({ property }) => !isNarrowing(property) && !says(property));
  expect(undescribed.map(({ where, name }) => `${where}.${name}`)).toEqual([]);
});

test('no answer names its own kind: the id says it', () => {
  expect(properties().filter(({ name }) => name === 'object')).toEqual([]);
});

test('money is an amount with its currency, wherever it stands', () => {
  const MONEY = ['Money', 'MoneyInput', 'PositiveMoney'];
  expect(properties().filter(({ name, where }) => name === 'currency' && !MONEY.includes(where))).toEqual([]);
});

test('what was made is answered 201 with its Location, and what goes on 202 with one', () => {
  for (const { name, responses } of operations) {
    for (const status of ['201', '202']) {
      const answer = responses[status];
      if (answer === undefined || name === 'POST /v1/activity') continue;
      expect(Object.keys(answer.headers ?? {}), `${name} ${status}`).toContain('Location');
    }
  }
  const made = operations.filter(({ responses }) => responses['201'] !== undefined);
  expect(made.map(({ name }) => name).sort()).toEqual(MADE);
});

test('a month is the moments at which it starts and ends', () => {
  const months = properties().filter(
    ({ name, where }) => ['month', 'billing_month'].includes(name) && where !== 'RaiseCap',
  );
  expect(months.map(({ where }) => where).sort()).toEqual([
    'Account',
    'Eligibility',
    'Invoice',
    'InvoiceWithLines',
    'Pool',
    'Pool.invoice',
    'RewardWindow',
  ]);
  for (const { where, property } of months) {
    const named = property.$ref?.split('/').at(-1) ?? property.allOf?.[0]?.$ref?.split('/').at(-1);
    expect(named, where).toBe('Month');
  }
  const Month = document.components.schemas.Month;
  expect(Object.keys(Month?.properties ?? {})).toEqual(['starts_at', 'ends_at']);
});

/** Every property of every named schema, wherever it stands in it. */
function properties(): { where: string; name: string; property: Schema }[] {
  return Object.entries(document.components.schemas).flatMap(([name, schema]) => propertiesOf(schema, name));
}

function propertiesOf(schema: Schema, where: string): { where: string; name: string; property: Schema }[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    { where, name, property },
    ...propertiesOf(property, `${where}.${name}`),
  ]);
  const inner = [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [...own, ...inner.flatMap((part) => (part === undefined ? [] : propertiesOf(part, where)))];
}

/** Of its own, or by the named schema that it is. */
function says({ description, $ref }: Schema): boolean {
  return (
    (description ?? document.components.schemas[$ref?.split('/').at(-1) ?? '']?.description) !== undefined
  );
}

/** In one of several forms: that a field, described beside them, is not there or has one value. */
function isNarrowing(property: Schema | boolean): boolean {
  return typeof property === 'boolean' || Object.keys(property).join() === 'const';
}

test('every call has a summary, and every parameter and answer a description', () => {
  for (const { name, summary, parameters, responses } of operations) {
    expect(summary, name).toMatch(/^[A-Z].{9,}[^.]$/);
    for (const { name: parameter, description } of parameters)
      expect(description?.length, `${name} ${parameter}`).toBeGreaterThan(8);
    for (const [status, { description }] of Object.entries(responses))
      expect(description.length, `${name} ${status}`).toBeGreaterThan(3);
  }
});

test('a call says which scope a key needs, and what each scope is for is said too', () => {
  for (const { name, security } of operations)
    for (const { apiKey } of security) if (apiKey !== undefined) expect(apiKey, name).toHaveLength(1);
  for (const scope of SCOPES)
    expect(document.components.securitySchemes.apiKey.description).toContain(`\`${scope}\`: `);
});

test('every body and every JSON answer has an example', () => {
  for (const { name, requestBody, responses } of operations) {
    const contents = [requestBody, ...Object.values(responses)].map((part) => part?.content ?? {});
    for (const [type, content] of contents.flatMap((one) => Object.entries(one)))
      if (type.endsWith('json')) expect(content.example, `${name} ${type}`).toBeDefined();
  }
});

test('no id of Boon’s own is a number alone, in what calls answer: it begins with its kind', () => {
  const found = JSON.stringify(document.paths).matchAll(/"(id|[a-z_]+_id)":"([^"]+)"/g);
  const ids = [...found].map(([, name, id]) => `${name} ${id}`);
  expect(ids.length).toBeGreaterThan(100);
  expect(ids.filter((id) => / \d/.test(id))).toEqual([]);
});
