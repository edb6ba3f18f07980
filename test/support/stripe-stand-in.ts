/**
 * A stand-in for Stripe that keeps state, which Stripe's own mock does not: charges and refunds that were made, keys that
 * were used. Speaks HTTP as Stripe does, for those calls only.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Made = { id: string; status: string; amount: number; metadata: Record<string, string> } & object;
type Call = { call: string; key: string | undefined };

export type StripeStandIn = {
  url: string;
  /** What it was asked to change, with the idempotency keys. */
  calls: Call[];
  charges: Made[];
  refunds: Made[];
  /** The status that new charges have; those that are `declined` are refused and remain without a card. */
  chargesAre: (status: string) => void;
  /** As after a day. */
  forgetKeys: () => void;
  /** The status that new refunds have; a text in capitals is the code with which they are refused. */
  refundsAre: (status: string) => void;
  /** The HTTP status with which it answers so many of the next calls, having done nothing. */
  failWith: (status: number, times: number) => void;
  /** Whether its lists show what was just made. */
  listIsLate: (late: boolean) => void;
  close: () => Promise<void>;
};

export async function startStripeStandIn(): Promise<StripeStandIn> {
  const calls: Call[] = [];
  const charges: Made[] = [];
  const refunds: Made[] = [];
  const answered = new Map<string, [number, object]>();
  let status = 'succeeded';
  let chargeStatus = 'succeeded';
  let fault: { status: number; times: number } = { status: 0, times: 0 };
  let late = false;

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://stripe').pathname;
    const call = `${request.method} ${path}`;
    const asked = await formOf(request);
    const key = request.headers['idempotency-key'];
    const [code, answer] = answerOf(call, asked, typeof key === 'string' ? key : undefined);
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    charges,
    refunds,
    chargesAre: (one) => {
      chargeStatus = one;
    },
    forgetKeys: () => answered.clear(),
    refundsAre: (one) => {
      status = one;
      for (const refund of refunds) refund.status = one;
    },
    failWith: (code, times) => {
      fault = { status: code, times };
    },
    listIsLate: (isLate) => {
      late = isLate;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  function answerOf(call: string, asked: URLSearchParams, key: string | undefined): [number, object] {
    if (call.startsWith('POST')) calls.push({ call, key });
    if (fault.times > 0) {
      fault.times -= 1;
      return [fault.status, refusal('api_error', 'down')];
    }
    if (call === 'GET /v1/refunds')
      return [200, { object: 'list', has_more: false, data: late ? [] : refunds }];
    if (call === 'GET /v1/payment_intents')
      return [200, { object: 'list', has_more: false, data: late ? [] : charges }];
    if (call.endsWith('/payment_methods'))
      return [200, { object: 'list', has_more: false, data: [{ id: 'pm_1', object: 'payment_method' }] }];
    const before = key === undefined ? undefined : answered.get(key);
    if (before !== undefined) return before;
    const answer = made(call, asked);
    if (key !== undefined) answered.set(key, answer);
    return answer;
  }

  function made(call: string, asked: URLSearchParams): [number, object] {
    const amount = Number(asked.get('amount'));
    const metadata = metadataOf(asked);
    if (call === 'POST /v1/payment_intents') {
      const id = `pi_stand_in_${charges.length}`;
      const customer = asked.get('customer');
      const charge = { id, object: 'payment_intent', status: chargeStatus, amount, metadata, customer };
      if (chargeStatus === 'declined') {
        const last_payment_error = {
          ...refusal('card_error', 'card_declined').error,
          decline_code: 'insufficient_funds',
        };
        charges.push({ ...charge, status: 'requires_payment_method', last_payment_error } as Made);
        return [402, { error: last_payment_error }];
      }
      charges.push({ ...charge, amount_received: amount } as Made);
      return [200, charges.at(-1) as Made];
    }
    const canceled = /^POST \/v1\/payment_intents\/(\w+)\/cancel$/.exec(call)?.[1];
    for (const charge of charges) {
      if (charge.id !== canceled) continue;
      charge.status = 'canceled';
      return [200, charge];
    }
    if (call === 'POST /v1/refunds') {
      if (/^[A-Z_]+$/.test(status)) return [400, refusal('invalid_request_error', status.toLowerCase())];
      const refund = { id: `re_stand_in_${refunds.length}`, object: 'refund', status, amount, metadata };
      refunds.push(refund);
      return [200, refund];
    }
    return [404, refusal('invalid_request_error', 'resource_missing')];
  }
}

function refusal(type: string, code: string) {
  return { error: { type, code, message: `It is ${code}.` } };
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** `metadata[refund_id]=…` and so on. */
function metadataOf(asked: URLSearchParams): Record<string, string> {
  const given = [...asked].flatMap(([name, value]) => {
    const key = /^metadata\[(\w+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(given);
}
