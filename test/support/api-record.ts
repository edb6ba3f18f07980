/** Remembers what calls of the API took and answered, as examples for its OpenAPI document. */
import { expect } from 'vitest';
import type { Sent, TestServer } from './test-server.ts';

type Operation = { operationId: string; responses: Record<string, { content?: object }> };
/** By operation: its body, and its answers by their status. */
type Examples = Record<string, { body?: unknown; answers: Record<string, unknown> }>;
type Json = Record<string, unknown> & { id: string };

export type ApiRecord = {
  /** Makes a call that succeeds, and remembers the first of its operation. */
  call(method: string, path: string, body?: unknown, sent?: Sent): Promise<Json>;
  /** What was remembered, by operation, with ids and secrets that are the same in each run. */
  examples(): Examples;
  /** The operations that answer JSON, each with the status of its answer. */
  answers: string[];
};

export async function recordApi(server: TestServer): Promise<ApiRecord> {
  const { paths } = (await server.send('GET', '/openapi.json', { as: null })).json as {
    paths: Record<string, Record<string, Operation>>;
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      route: new RegExp(`^${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    })),
  );
  const remembered: Examples = {};
  return {
    async call(method, path, body, sent = {}) {
      // No two at one moment: what lists show has one order.
      server.time.now = new Date(server.time.now.getTime() + 1000);
      const { status, json } = await server.send(method, path, {
        ...sent,
        ...(body === undefined ? {} : { body }),
      });
      expect([method, path, status < 300 ? 'done' : json]).toEqual([method, path, 'done']);
      const called = `${method} ${path.split('?')[0]}`;
      const operation = operations.find(({ route }) => route.test(called));
      if (operation === undefined) throw new Error(`${called} is not in the document`);
      const { operationId } = operation;
      remembered[operationId] ??= { ...(body === undefined ? {} : { body }), answers: {} };
      remembered[operationId].answers[status] ??= json;
      return json as Json;
    },
    examples: () => JSON.parse(masked(JSON.stringify(remembered))),
    answers: operations.flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .filter(([status, { content }]) => status.startsWith('2') && 'application/json' in (content ?? {}))
        .map(([status]) => `${operationId} ${status}`),
    ),
  };
}

/** Random ids become numbered ones, in the order in which they appear; times of the database's clock and digests fixed ones. */
function masked(text: string): string {
  const names = new Map<string, string>();
  return text
    .replaceAll(
      /\b(gft|ref|pur|rfd|inv|cmp|key|cas|stk|crn)_([0-9a-z]{24,26})/g,
      (id, kind: string, rest: string) => {
        const number = String([...names.keys()].filter((one) => one.startsWith(kind)).length + 1);
        if (!names.has(id))
          names.set(id, `${kind}_06bq2n6y3v8k5s7r1x4z9m0c2d`.slice(0, 4 + rest.length - 1) + number);
        return names.get(id) ?? id;
      },
    )
    .replaceAll(/boon_sk_[\w-]+/g, 'boon_sk_q0Zk3vT1oX9mB7cW5rL2nD8sF4gH6jKaYeUiPtQwEzA')
    .replaceAll(/(token(?:":"|=))[\w-]+/g, '$1q0Zk3vT1oX9mB7cW5rL2nD8sF4gH6jKaYeUiPtQwEzA')
    .replaceAll(/("(?:recorded_at|told_at)":")[^"]+/g, '$12026-03-10T12:00:00.000Z')
    .replaceAll(/("key":")[\w+/]{11}="/g, '$1ZWVhODQ4ODU="')
    .replaceAll(
      /("data":")[\w+/=]{60,}/g,
      '$1g/WmDjsSug/dnm/y30DdRIgHtklgGJzzhn1YTVkIweAjMC1zqr0PemhF9UMtPgpu',
    )
    .replaceAll(/("next_cursor":")[^"]+/g, '$1WyIxMCJd')
    .replaceAll(/("(?:policy_version|version)":")[^"]+/g, '$1f2d81a260dea8a10');
}
