/** A server in a process of its own, and a client that costs little beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GiftProcesses } from '../../src/domain/gift-processes.ts';

/** What the measured server is: without a database the empty route; with a Temporal server it starts gifts' processes there. */
export type MeasuredServer = {
  apiKey: string;
  databaseUrl?: string;
  temporalAddress?: string;
  /** The policy in use; `bench` when left out. */
  policyVersion?: string;
  giftProcesses?: GiftProcesses;
};
export type RunningServer = { port: number; pid: number; stop: () => Promise<void> };

/** Starts `measured-server.ts`; what it logs goes nowhere. */
export async function startMeasuredServer(server: MeasuredServer): Promise<RunningServer> {
  const script = join(import.meta.dirname, 'measured-server.ts');
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, JSON.stringify(server)],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof first?.port !== 'number') throw new Error('the measured server did not start');
  return {
    port: first.port,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export type HttpLoad = {
  port: number;
  apiKey: string;
  path: string | (() => string);
  connections: number;
  seconds: number;
  /** Ends after so many requests, if that is sooner. */
  most?: number;
  /** The body of each request, JSON; without one it is a GET. */
  body?: () => string;
  /** Sends an Idempotency-Key of its own with each. */
  withKeys?: boolean;
};

/**
 * Requests a second: each connection is kept alive and sends its next request when the last is answered. Requests
 * are written by hand, so that the client takes as little as it can of the cores it shares with the server.
 */
export async function requestsPerSecond(load: HttpLoad): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)));
  const began = performance.now();
  const until = began + load.seconds * 1_000;
  let answered = 0;
  let sent = 0;
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() < until && sent < (load.most ?? Number.POSITIVE_INFINITY)) {
        sent += 1;
        await request(socket, load);
        answered += 1;
      }
      socket.destroy();
    }),
  );
  return answered / ((performance.now() - began) / 1_000);
}

/**
 * Milliseconds that each request took, sent at a steady rate whether or not those before it are answered: one that finds
 * no connection free has waited for it.
 */
export async function latenciesAt(perSecond: number, load: HttpLoad): Promise<number[]> {
  const free = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)));
  const waiting: (() => void)[] = [];
  const latencies: number[] = [];
  const began = performance.now();
  const send = async (due: number) => {
    while (free.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    const socket = free.pop();
    if (socket === undefined) return;
    await request(socket, load);
    latencies.push(performance.now() - due);
    free.push(socket);
    waiting.shift()?.();
  };
  const all: Promise<void>[] = [];
  for (let n = 0; n < perSecond * load.seconds; n++) {
    const due = began + (n / perSecond) * 1_000;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    all.push(send(due));
  }
  await Promise.all(all);
  for (const socket of free) socket.destroy();
  return latencies;
}

async function request(socket: Socket, load: HttpLoad): Promise<void> {
  const path = typeof load.path === 'string' ? load.path : load.path();
  const body = load.body?.();
  const method = body === undefined ? 'GET' : 'POST';
  const content =
    body === undefined
      ? '\r\n'
      : `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const key = load.withKeys === true ? `idempotency-key: ${randomUUID()}\r\n` : '';
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${load.apiKey}\r\n${key}${content}`,
  );
  const answer = await answerOf(socket);
  if (!answer.startsWith('HTTP/1.1 20')) throw new Error(`not accepted:\n${answer}`);
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

/** One answer as text: its head, and as much of a body as `content-length` says. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      socket.off('data', onData);
      socket.off('error', reject);
      resolve(text);
    };
    socket.on('data', onData);
    socket.once('error', reject);
  });
}
