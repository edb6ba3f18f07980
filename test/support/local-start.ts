/** A local start as somebody at a terminal runs it: in a process group of its own, with free ports and a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const BOON = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/boon.ts')];

export type LocalStart = {
  /** Everything printed so far. */
  output: () => string;
  /** Waits until the text is printed; fails with the output when the process ends before. */
  untilPrinted: (text: string, withinMs?: number) => Promise<void>;
  /** Ctrl-C: the terminal sends SIGINT to every process of the group. */
  ctrlC: () => void;
  /** Kills the launcher itself, which can then stop nothing. */
  kill: () => void;
  /** The exit code of npm, or of the start itself. */
  ended: Promise<number | null>;
};

/** Runs it with these settings and none of ours; what is left of it after the test is killed. */
export function npmStart(settings: Readonly<Record<string, string>>): LocalStart {
  return launch('npm', ['start'], settings);
}

/** What `npm start` runs, without npm, which takes half a second by itself. */
export function boonStart(settings: Readonly<Record<string, string>>): LocalStart {
  return launch(process.execPath, [...BOON, 'start'], settings);
}

/** What `npm start` runs, for all tests of a file: whoever starts it stops it. */
export function startForFile(settings: Readonly<Record<string, string>>): LocalStart {
  return launch(process.execPath, [...BOON, 'start'], settings, ownEnvironment(), () => {});
}

/** `npm start` with this environment and no other. */
export function npmStartWith(env: NodeJS.ProcessEnv, settings: Readonly<Record<string, string>>): LocalStart {
  return launch('npm', ['start'], settings, env);
}

/** The same with its data on a file system of this size, which nobody else sees. */
export function onSmallDisk(
  folder: string,
  size: string,
  settings: Readonly<Record<string, string>>,
): LocalStart {
  const script = `mount -t tmpfs -o size=${size} tmpfs ${folder} && exec "$0" "$@"`;
  return launch('unshare', ['-m', 'sh', '-c', script, process.execPath, ...BOON, 'start'], {
    ...settings,
    BOON_DATA_DIR: folder,
  });
}

/** The same on a machine of which only these settings are known. */
export function bareStart(settings: Readonly<Record<string, string>>): LocalStart {
  return launch(process.execPath, [...BOON, 'start'], settings, {});
}

function launch(
  command: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = ownEnvironment(),
  whenOver: (cleanUp: () => Promise<void>) => void = onTestFinished,
): LocalStart {
  const env = { BOON_TEMPORAL_PORT: '0', BOON_TEMPORAL_UI_PORT: '0', PORT: '0', ...inherited, ...settings };
  const child = spawn(command, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  whenOver(async () => {
    signalGroup(child, 'SIGKILL');
    await ended;
    await endServersOn(settings.BOON_DATA_DIR);
  });
  return {
    output: () => printed,
    async untilPrinted(text, withinMs = 120_000) {
      const end = performance.now() + withinMs;
      while (!printed.includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${printed}`);
        if (performance.now() > end) throw new Error(`"${text}" was not printed:\n${printed}`);
        await pause(50);
      }
    },
    ctrlC: () => signalGroup(child, 'SIGINT'),
    kill: () => signalGroup(child, 'SIGKILL'),
    ended,
  };
}

/** A process that names the folder in its command line: a server that runs on it. */
export type ServerOn = { pid: number; line: string };

/** The servers that run on the folder. */
export function processesOn(folder: string): ServerOn[] {
  const all = execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' });
  return all
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => ({ pid: Number.parseInt(line, 10), line }));
}

/** How long a server whose launcher was killed has to end by itself. */
const LEFTOVER_GRACE_MS = 5_000;

/** Makes sure that no server stays behind, whatever a test left running. */
async function endServersOn(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const end = performance.now() + LEFTOVER_GRACE_MS;
  while (processesOn(folder).length > 0 && performance.now() < end) await pause(100);
  for (const { pid } of processesOn(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended since.
    }
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // All of the group has ended.
  }
}

/** What a person's shell has set: nothing of Boon's, of the suite's or of a Temporal's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(BOON_(?!CACHE_DIR|TEMPORAL_CLI)|TEMPORAL_|VITEST|npm_|NODE_ENV$|DATABASE_URL$|PORT$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
