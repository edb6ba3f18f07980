/** A server in a process of its own, and a client that costs little beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

/** What the measured server is: without a database the empty route. */
export type MeasuredServer = { apiKey: string; databaseUrl?: string };
export type RunningServer = { port: number; stop: () => Promise<void> };

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
  path: string;
  connections: number;
  seconds: number;
  /** The body of each request, JSON. */
  body: () => string;
};

/**
 * Requests a second: each connection is kept alive and sends its next request when the last is answered. Requests
 * are written by hand, so that the client takes as little as it can of the cores it shares with the server.
 */
export async function requestsPerSecond(load: HttpLoad): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)));
  const head = `POST ${load.path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${load.apiKey}\r\ncontent-type: application/json\r\ncontent-length: `;
  const began = performance.now();
  const until = began + load.seconds * 1_000;
  let answered = 0;
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() < until) {
        const body = load.body();
        socket.write(`${head}${body.length}\r\n\r\n${body}`);
        const answer = await answerOf(socket);
        if (!answer.startsWith('HTTP/1.1 202 ')) throw new Error(`not accepted:\n${answer}`);
        answered += 1;
      }
      socket.destroy();
    }),
  );
  return answered / ((performance.now() - began) / 1_000);
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
