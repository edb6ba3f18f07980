/**
 * A stand-in for Stripe that has lists, as Stripe's own mock has not: newest first, in pages, by time. It answers only what
 * `boon ledger compare-stripe` asks; that those calls are Stripe's own, its mock says.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Listed = { id: string; created: number; status?: string; payment_intent?: string } & Record<
  string,
  unknown
>;

const LISTS = ['checkout/sessions', 'payment_intents', 'refunds', 'disputes', 'invoices', 'events'] as const;

export type StripeWithLists = {
  url: string;
  /** What it has, the latest first. */
  has: Record<(typeof LISTS)[number], Listed[]>;
  /** What it was asked, `GET /v1/refunds?limit=100` say. */
  calls: string[];
  /** The HTTP status with which it answers so many of the next calls, with these headers. 0: never. */
  failWith: (status: number, times: number, headers?: Record<string, string>) => void;
  close: () => Promise<void>;
};

export async function startStripeWithLists(): Promise<StripeWithLists> {
  const has = Object.fromEntries(LISTS.map((list) => [list, []])) as unknown as StripeWithLists['has'];
  const calls: string[] = [];
  let fault = { status: 0, times: 0, headers: {} as Record<string, string> };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stripe');
    calls.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    const answer = (status: number, body: object, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    if (fault.times > 0) {
      fault.times -= 1;
      if (fault.status === 0) return;
      answer(
        fault.status,
        { error: { type: 'api_error', code: 'for_the_test', message: 'no' } },
        fault.headers,
      );
      return;
    }
    const path = url.pathname.replace('/v1/', '');
    const list = LISTS.find((one) => path === one || path.startsWith(`${one}/`));
    if (list === undefined || request.method !== 'GET') return answer(404, missing());
    if (path === list) return answer(200, pageOf(has[list], url.searchParams));
    const one = has[list].find(({ id }) => path === `${list}/${id}`);
    return one === undefined ? answer(404, missing()) : answer(200, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    has,
    calls,
    failWith: (status, times, headers = {}) => {
      fault = { status, times, headers };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pageOf(all: Listed[], asked: URLSearchParams): object {
  const since = Number(asked.get('created[gte]') ?? 0);
  const [intent, status] = [asked.get('payment_intent'), asked.get('status')];
  const types = [...asked].filter(([name]) => name.startsWith('types')).map(([, type]) => type);
  const fits = all.filter(
    (one) =>
      one.created >= since &&
      (intent === null || one.payment_intent === intent) &&
      (status === null || one.status === status) &&
      (types.length === 0 || types.includes(String(one.type))),
  );
  const after = asked.get('starting_after');
  const from = after === null ? 0 : fits.findIndex(({ id }) => id === after) + 1;
  const limit = Number(asked.get('limit') ?? 10);
  const data = fits.slice(from, from + limit);
  return { object: 'list', data, has_more: fits.length > from + limit };
}

function missing(): object {
  return { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such thing' } };
}
