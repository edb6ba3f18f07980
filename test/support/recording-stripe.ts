/**
 * Stripe's mock server behind a door that remembers each call. The mock forgets everything at once: it is Stripe
 * after the day for which it remembers idempotency keys. What it would have kept, a test says by `answers`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { WEBHOOK_SECRET } from './stripe-events.ts';
import { startStripeMock } from './stripe-mock.ts';

export type StripeCall = { call: string; key: string | undefined; body: URLSearchParams };

export type RecordingStripe = {
  payments: ReturnType<typeof createStripePayments>;
  /** Every call so far, `POST /v1/invoices` say, in order. */
  calls: StripeCall[];
  /** What stands in the answer to a call instead of the mock's; a number is a status, without an answer. */
  answers: Map<string, number | Record<string, unknown>>;
  close: () => Promise<void>;
};

export async function startRecordingStripe(): Promise<RecordingStripe> {
  const mock = await startStripeMock();
  const calls: StripeCall[] = [];
  const answers: RecordingStripe['answers'] = new Map();
  const door = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = 'GET', url = '/' } = request;
    const path = url.split('?')[0] ?? url;
    const call = `${method} ${path}`;
    const key = request.headers['idempotency-key'];
    calls.push({
      call,
      key: typeof key === 'string' ? key : undefined,
      body: new URLSearchParams(body.toString()),
    });
    const instead = answers.get(call);
    if (typeof instead === 'number') {
      response.writeHead(instead, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: {
            type: instead < 500 ? 'invalid_request_error' : 'api_error',
            code: 'for_the_test',
            message: 'no',
          },
        }),
      );
      return;
    }
    const answer = await fetch(`${mock.url}${url}`, {
      method,
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? 'application/x-www-form-urlencoded',
      },
      ...(method === 'POST' ? { body } : {}),
    });
    const said = (await answer.json()) as Record<string, unknown>;
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.ok ? { ...said, ...instead } : said));
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;
  return {
    payments: createStripePayments({
      apiKey: 'sk_test_123',
      webhookSecret: WEBHOOK_SECRET,
      backTo: () => 'https://boon.example/',
      apiBase: `http://127.0.0.1:${port}`,
    }),
    calls,
    answers,
    async close() {
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
      mock.close();
    },
  };
}
