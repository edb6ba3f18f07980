import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { boonCommand } from '../support/command-line.ts';

type Answer = { status: number; type: string; body: string; headers?: Record<string, string> };

/** A server that answers everything so. @returns its URL */
async function answering({ status, type, body, headers }: Answer): Promise<string> {
  const server: Server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const show = (url: string, ...more: string[]) =>
  boonCommand(['account', 'show', 'ada', ...more], { BOON_URL: url, BOON_API_KEY: 'wrong' });

const problem = (status: number, code: string) => ({
  status,
  type: 'application/problem+json; charset=utf-8',
  body: JSON.stringify({ type: 'about:blank', status, title: 'No', code, detail: 'It is so.', fix: 'Wait.' }),
  headers: { 'retry-after': '0' },
});

test.each<[string, Answer]>([
  ['a web page', { status: 200, type: 'text/html', body: '<html>' }],
  ['another API', { status: 404, type: 'application/json', body: '{"message":"no route"}' }],
])('%s in place of Boon is told from it, with the setting to change: exit code 3', async (_, answer) => {
  const url = await answering(answer);
  const { code, out, err } = await show(url);
  expect([code, out]).toEqual([3, '']);
  expect(err).toBe(
    `Something else than Boon answers at ${url} (${answer.status}, ${answer.type}): set BOON_URL to where Boon’s HTTP server is.`,
  );
  const readiness = await boonCommand(['server', 'readiness'], { BOON_URL: url });
  expect([readiness.code, readiness.err]).toEqual([3, err]);
});

test('nothing at the address: exit code 3, with the setting to change', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const { code, err } of [await show(url), await boonCommand(['server', 'health'], { BOON_URL: url })]) {
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/^No answer from .*or set BOON_URL to where it runs\.$/),
    ]);
  }
});

test('a key that Boon does not know is refused with the setting to change: exit code 1', async () => {
  const url = await answering(problem(401, 'unauthorized'));
  const { code, err } = await show(url);
  expect(code).toBe(1);
  expect(err).toBe(`Refused, unauthorized: It is so. Set BOON_API_KEY to a key of the Boon at ${url}.`);
});

test('a Boon that cannot answer just now is as one that cannot be reached: exit code 3', async () => {
  const url = await answering(problem(503, 'unavailable'));
  expect((await show(url)).code).toBe(3);
});

test('with --json a refusal is printed as the API answered it', async () => {
  const answer = problem(409, 'self_gift');
  const { code, out, err } = await show(await answering(answer), '--json');
  expect([code, out, JSON.parse(err)]).toEqual([1, '', JSON.parse(answer.body)]);
});

test('with --json every other failure has the same form', async () => {
  const silent = await show(`http://127.0.0.1:${await freePort()}`, '--json');
  expect(JSON.parse(silent.err)).toEqual({
    code: 'unreachable',
    detail: expect.stringContaining('BOON_URL'),
  });
  const mistyped = await boonCommand(['account', 'shwo', 'ada', '--json']);
  expect([mistyped.code, JSON.parse(mistyped.err)]).toEqual([
    2,
    { code: 'usage', detail: expect.stringContaining('Did you mean show?') },
  ]);
});

test('a database that does not answer is named with its setting: exit code 3', async () => {
  const { code, err } = await boonCommand(['ledger', 'verify'], {
    DATABASE_URL: `postgresql://boon:secret@127.0.0.1:${await freePort()}/boon`,
    BOON_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
  });
  expect(code).toBe(3);
  expect(err).toMatch(/^The database at 127\.0\.0\.1:\d+\/boon does not take us .*check DATABASE_URL/);
  expect(err).not.toContain('secret');
});
