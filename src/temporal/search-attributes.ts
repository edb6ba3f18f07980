/** Registering Boon's search attributes with a namespace. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contracts/temporal.ts';

type Name = keyof typeof SEARCH_ATTRIBUTES;
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as Name[];

/** Numbers of the types in Temporal's protocol, and their names on its command line. */
const TYPES = {
  KEYWORD: { number: 2, name: 'Keyword' },
  DOUBLE: { number: 4, name: 'Double' },
  KEYWORD_LIST: { number: 7, name: 'KeywordList' },
} as const;

/** Status codes of gRPC that are looked at here. */
const GRPC = {
  invalidArgument: 3,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unauthenticated: 16,
};

/** Every type of the protocol, by its number. */
const TYPE_NAMES = ['Unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'];

/** How long a fresh attribute may take to reach every server of a cluster, in milliseconds. */
const SPREAD_PATIENCE = 30_000;

/** The namespace lacks search attributes and does not let us add them; the message says which command does. */
class SearchAttributesMissing extends Error {
  override readonly name = 'SearchAttributesMissing';
}

/**
 * Adds the attributes that the namespace lacks; those that are there stay as they are.
 * @throws SearchAttributesMissing when some are missing and this client may not add them, or some are of another type.
 */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const mistyped = await mistypedAttributes(client);
  if (mistyped.length > 0) throw new SearchAttributesMissing(howToRetype(client.options.namespace, mistyped));
  const missing = await missingAttributes(client);
  if (missing.length === 0) return;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace: client.options.namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, typeOf(name).number])),
    });
  } catch (error) {
    if (isForbidden(error)) throw new SearchAttributesMissing(howToAdd(client.options.namespace, missing));
    // Another worker may have added them meanwhile.
    if (codeOf(error) !== GRPC.alreadyExists) throw error;
  }
  await untilUsable(client);
}

/** Those that the namespace lacks. */
export async function missingAttributes(client: Client): Promise<Name[]> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return NAMES.filter((name) => customAttributes[name] === undefined);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return await unusable(client);
  }
}

export type Mistyped = { name: Name; type: string; wanted: string };

/**
 * Those that are of another type than Boon's: every start with one would be refused. None where the server does not
 * say.
 */
export async function mistypedAttributes(client: Client): Promise<Mistyped[]> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return NAMES.flatMap((name) => {
      const type = customAttributes[name];
      if (type === undefined || Number(type) === typeOf(name).number) return [];
      return [{ name, type: TYPE_NAMES[Number(type)] ?? String(type), wanted: typeOf(name).name }];
    });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [];
  }
}

function howToRetype(namespace: string, mistyped: Mistyped[]): string {
  const each = mistyped
    .map(({ name, type, wanted }) => `${name} is ${type} and must be ${wanted}`)
    .join(', ');
  const names = mistyped.map(({ name }) => `--name ${name}`).join(' ');
  return (
    `The namespace "${namespace}" has search attributes of another type: ${each}. Take another namespace, or run ` +
    `\`temporal operator search-attribute remove --namespace ${namespace} ${names}\` if nothing else uses them, then start again.`
  );
}

/** Waits until queries know the attributes; a server that answers no queries is trusted. */
async function untilUsable(client: Client): Promise<void> {
  const end = Date.now() + SPREAD_PATIENCE;
  while ((await unusable(client)).length > 0 && Date.now() < end) await sleep(250);
}

/** Those that a query does not know. */
async function unusable(client: Client): Promise<Name[]> {
  const { namespace } = client.options;
  const unknown: Name[] = [];
  for (const name of NAMES) {
    try {
      await client.connection.workflowService.countWorkflowExecutions({
        namespace,
        query: `${name} IS NULL`,
      });
    } catch (error) {
      if (codeOf(error) === GRPC.unimplemented) return [];
      if (codeOf(error) !== GRPC.invalidArgument) throw error;
      unknown.push(name);
    }
  }
  return unknown;
}

function howToAdd(namespace: string, missing: Name[]): string {
  const each = missing.map((name) => ({ name, type: typeOf(name).name }));
  const cli = each.map(({ name, type }) => `--name ${name} --type ${type}`).join(' ');
  const cloud = each.map(({ name, type }) => `--search-attribute "${name}=${type}"`).join(' ');
  return (
    `The namespace "${namespace}" lacks search attributes and this worker may not add them: run ` +
    `\`temporal operator search-attribute create --namespace ${namespace} ${cli}\`, or on Temporal Cloud ` +
    `\`tcld namespace search-attributes add --namespace ${namespace} ${cloud}\`, then start again.`
  );
}

function typeOf(name: Name) {
  return TYPES[SEARCH_ATTRIBUTES[name]];
}

function isForbidden(error: unknown): boolean {
  const { permissionDenied, unimplemented, unauthenticated } = GRPC;
  const code = codeOf(error);
  return code === permissionDenied || code === unimplemented || code === unauthenticated;
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
