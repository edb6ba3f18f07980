/** A terminal beside a local start, in which the commands of the documentation are typed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runProgram } from '../../../src/cli/program.ts';
import { executableOnPath } from '../../../src/local/executable.ts';
import { curl } from './curl.ts';

/** Ends what a shim sends. */
const END = '=end of the settings=';
const ROOT = join(import.meta.dirname, '../../..');

export type Printed = { code: number; output: string };

/** A bash in a folder that looks like the checkout; what one command sets, the next one has. */
export class DocsShell {
  readonly #bash: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #programs: Server;
  readonly #script: string;

  private constructor(bash: ChildProcess, programs: Server, folder: string) {
    this.#bash = bash;
    this.#programs = programs;
    this.#script = join(folder, 'command');
    const lines = createInterface({ input: bash.stdout as NodeJS.ReadableStream });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** @param env settings beside PATH and HOME; `folder` is the working folder, with `.boon` in it */
  static async open(folder: string, env: NodeJS.ProcessEnv, temporalCli: string): Promise<DocsShell> {
    for (const name of ['package.json', 'src', 'node_modules', 'docs']) {
      symlinkSync(join(ROOT, name), join(folder, name));
    }
    const programs = createServer({ allowHalfOpen: true }, (socket) => void runFor(socket, folder));
    programs.listen(0, '127.0.0.1');
    await once(programs, 'listening');
    const { port } = programs.address() as { port: number };
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of hasCurl() ? ['boon'] : ['boon', 'curl']) writeShim(join(bin, name), port);
    symlinkSync(temporalCli, join(bin, 'temporal'));
    const PATH = `${bin}:${process.env.PATH}`;
    const bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env: { PATH, HOME: process.env.HOME, BOON_CACHE_DIR: process.env.BOON_CACHE_DIR, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // Without the progress that it shows where its output is kept.
    bash.stdin.write('curl() { command curl -sS "$@"; }\n');
    return new DocsShell(bash, programs, folder);
  }

  async run(script: string): Promise<Printed> {
    writeFileSync(this.#script, `${script}\n`);
    this.#bash.stdin?.write(`. ${this.#script} > ${this.#script}.out 2>&1 < /dev/null; echo "$?"\n`);
    const { value } = await this.#answers.next();
    return { code: Number(value), output: readFileSync(`${this.#script}.out`, 'utf8') };
  }

  async close(): Promise<void> {
    this.#bash.stdin?.end();
    this.#programs.close();
    if (this.#bash.exitCode === null) await once(this.#bash, 'close');
  }
}

/**
 * `boon` and `curl` are answered by this process: to start a Node for each would take most of the test's time, and some
 * machines have no curl. The real ones are tested by themselves.
 */
function writeShim(file: string, port: number): void {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const lines = [
    '#!/usr/bin/env bash',
    `exec 3<>/dev/tcp/127.0.0.1/${port}`,
    `{ printf '%s\\0' ${name} "$PWD" "$@" '' ; env -0 ; printf '${END}' ; } >&3`,
    `IFS= read -r -d '' code <&3; IFS= read -r -d '' err <&3; IFS= read -r -d '' out <&3`,
    '[ -z "$err" ] || printf "%s\\n" "$err" >&2',
    '[ -z "$out" ] || printf "%s\\n" "$out"',
    'exit "$code"',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  chmodSync(file, 0o755);
}

async function runFor(socket: Socket, folder: string): Promise<void> {
  socket.on('error', () => socket.destroy());
  const sent = await new Promise<string>((settle) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith(END)) settle(text.slice(0, -END.length));
    });
  });
  const [name, cwd = folder, ...more] = sent.split('\0');
  const end = more.indexOf('');
  const args = more.slice(0, end);
  const env = Object.fromEntries(
    more
      .slice(end + 1)
      .filter((pair) => /^(BOON_|PORT=|DATABASE_URL=|STRIPE_)/.test(pair))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const out: string[] = [];
  const err: string[] = [];
  const said = { print: (line: string) => out.push(line), note: (line: string) => err.push(line) };
  const here = args.map((arg) => (isFile(join(cwd, arg)) ? join(cwd, arg) : arg));
  const code =
    name === 'curl' ? await curl(args, said) : await runProgram(here, { env: { ...env }, ...said });
  socket.end(`${code}\0${err.join('\n')}\0${out.join('\n')}\0`);
}

function isFile(path: string): boolean {
  return existsSync(path) && !path.endsWith('/');
}

/** The machine's own curl, where there is one. */
function hasCurl(): boolean {
  return executableOnPath(process.env, 'curl') !== undefined;
}
