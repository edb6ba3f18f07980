/** The official Codex client: the real program, as `npm i @openai/codex` installs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { runCommand } from '../../src/local/run-command.ts';
import { codexToken } from './codex-callers.ts';

/** Apache-2.0. With its binary it is 400 MB on the disk, too much for everybody's `npm ci`. */
const VERSION = '0.169.0';

let installed: Promise<string> | undefined;

/** The program; the first use on a machine installs it into Boon's cache folder. */
function codexProgram(): Promise<string> {
  installed ??= install();
  return installed;
}

async function install(): Promise<string> {
  const folder = join(cacheFolder(), `codex-${VERSION}`);
  const program = join(folder, 'node_modules/@openai/codex/bin/codex.js');
  if (await exists(program)) return program;
  await mkdir(cacheFolder(), { recursive: true });
  // Beside its place first: what is interrupted, or done by two test files at once, leaves nothing half done there.
  const beside = await mkdtemp(`${folder}.`);
  try {
    const args = ['install', '--prefix', beside, '--ignore-scripts', '--no-audit', '--no-fund'];
    const { ok, output } = await runCommand('npm', [...args, `@openai/codex@${VERSION}`], { cwd: beside });
    if (!ok) throw new Error(`npm cannot install @openai/codex ${VERSION}: ${output.trim()}`);
    await rename(beside, folder).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return program;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A home of the client's own: signed in as an account, with a server for ChatGPT's. */
export type CodexHome = { folder: string; remove(): Promise<void> };

/** @param baseUrl of the server, without a path; @param style the client's path style follows from its base URL. */
export async function codexHome(
  baseUrl: string,
  accountId: string,
  style: 'chatgpt' | 'codex' = 'chatgpt',
): Promise<CodexHome> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-codex-'));
  // The client wants three parts, whatever the third one says.
  const token = `${codexToken(accountId, new Date())}unsigned`;
  const backend = `${baseUrl}/backend-api`;
  const config = [
    `chatgpt_base_url = "${style === 'chatgpt' ? backend : baseUrl}"`,
    'model = "codex-demo"',
    'model_provider = "boon"',
    'check_for_update_on_startup = false',
    '',
    '[model_providers.boon]',
    'name = "Boon"',
    `base_url = "${backend}/codex"`,
    'wire_api = "responses"',
    'requires_openai_auth = true',
    '',
    '[analytics]',
    'enabled = false',
    '',
    '[features]',
    'apps = false',
    'plugins = false',
    '',
  ];
  await writeFile(join(folder, 'config.toml'), config.join('\n'));
  const auth = {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: { id_token: token, access_token: token, refresh_token: 'none', account_id: accountId },
    last_refresh: new Date().toISOString(),
  };
  await writeFile(join(folder, 'auth.json'), JSON.stringify(auth));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

function environment(home: CodexHome): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home.folder,
    CODEX_HOME: home.folder,
    NO_COLOR: '1',
    RUST_LOG: 'off',
  };
}

/** `codex exec`: one turn to its end. */
export async function codexExec(home: CodexHome, prompt: string): Promise<{ ok: boolean; output: string }> {
  const folder = join(home.folder, 'work');
  await mkdir(folder, { recursive: true });
  const args = [await codexProgram(), 'exec', '--skip-git-repo-check', '-C', folder, prompt];
  return runCommand(process.execPath, args, { env: environment(home), cwd: folder });
}

type Reply = { id?: number; result?: unknown; error?: { code: number; message: string } };

/** `codex app-server`: what editors start, spoken to in lines of JSON. */
export class CodexAppServer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #last = 0;

  private constructor(process: ChildProcess) {
    this.#process = process;
    if (process.stdout === null) throw new Error('the app-server has no output');
    createInterface(process.stdout).on('line', (line) => {
      const reply: Reply = JSON.parse(line);
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
    });
  }

  static async start(home: CodexHome): Promise<CodexAppServer> {
    const args = [await codexProgram(), 'app-server'];
    const child = spawn(process.execPath, args, {
      env: environment(home),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const server = new CodexAppServer(child);
    await server.request('initialize', {
      clientInfo: { name: 'boon-test', title: 'Boon', version: '1' },
      capabilities: {},
    });
    server.#send({ method: 'initialized' });
    return server;
  }

  /** The result of a call. Rejects with the client's own words when it answers with an error. */
  async request<T>(method: string, params?: object): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.set(id, resolve);
    this.#send({ id, method, params });
    const { result, error } = await promise;
    if (error !== undefined) throw new Error(error.message);
    return result as T;
  }

  #send(message: object): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin?.end();
    this.#process.kill();
    await gone;
  }
}
