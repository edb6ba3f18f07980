import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALLS } from '../../src/cli/calls.ts';
import { forAll, program } from '../../src/cli/program.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Schema = { $ref?: string; properties?: object; oneOf?: Schema[]; anyOf?: Schema[]; allOf?: Schema[] };
type Operation = {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** What a field is called as an argument or an option, where it is not the same word. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  id: ['account', 'organisation', 'purchase', 'refund', 'case'],
  account_id: ['account', 'organisation'],
  referrer_id: ['from', 'account'],
  email: ['address'],
  org_id: ['org'],
  identity_verified_at: ['verified-at'],
  cohorts: ['cohort'],
  fingerprints: ['fingerprint'],
  products: ['product'],
  scopes: ['scope'],
  grace_seconds: ['grace'],
  reset_id: ['reset'],
  dry_run: ['preview'],
  funding: ['promotional'],
  filter: ['plan', 'cohort'],
  // Lines for a spreadsheet are what `invoice csv` and `program report --csv` print.
  format: ['csv', 'id'],
};

let server: TestServer;
let document: Document;
beforeAll(async () => {
  server = await openTestServer();
  document = (await server.send('GET', '/openapi.json', { as: null })).json as unknown as Document;
});
afterAll(() => server?.close());

test('every field and parameter of a call can be given to a command', async () => {
  const taken = new Map<string, string[]>();
  forAll(await program({ env: {}, print: () => {}, note: () => {} }), (command, name) => {
    const options = command.options.map((option) => option.name());
    taken.set(name, [...options, ...command.registeredArguments.map((argument) => argument.name())]);
  });
  const missing = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap((operation) => {
      const commands = Object.keys(CALLS).filter((name) => CALLS[name]?.includes(operation.operationId));
      const words = commands.flatMap((name) => taken.get(name) ?? []);
      // What has no command is called by others.
      return commands.length === 0
        ? []
        : fieldsOf(operation)
            .filter((field) => !isTaken(field, words))
            .map((field) => `${commands}: ${field}`);
    });
  expect(missing).toEqual([]);
});

function isTaken(field: string, words: readonly string[]): boolean {
  return [field.replaceAll('_', '-'), ...(WORDS[field] ?? [])].some((word) => words.includes(word));
}

function fieldsOf({ parameters = [], requestBody }: Operation): string[] {
  const body = requestBody?.content['application/json']?.schema;
  return [...parameters.map(({ name }) => name.toLowerCase().replaceAll('-', '_')), ...propertiesOf(body)];
}

function propertiesOf(schema: Schema | undefined): string[] {
  if (schema === undefined) return [];
  const { $ref, properties = {}, oneOf = [], anyOf = [], allOf = [] } = schema;
  if ($ref !== undefined) return propertiesOf(document.components.schemas[$ref.split('/').at(-1) ?? '']);
  return [...Object.keys(properties), ...[...oneOf, ...anyOf, ...allOf].flatMap(propertiesOf)];
}
