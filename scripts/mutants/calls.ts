/** Which test files call what: noted once in a run of all of them, and anew for those that changed since. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MutantServers } from './servers.ts';

/** From, to, how often; an inner range says more than the one around it. */
export type Place = readonly [from: number, to: number, count: number];

/** What one test file called. */
export type CallsOfFile = {
  file: string;
  /** Of the test file as it was then. */
  digest: string;
  seconds: number;
  /** Signatures of SQL functions. */
  functions: string[];
  /** By path. */
  sources: Record<string, { digest: string; places: Place[] }>;
};

/** Files that need no other server than PostgreSQL. */
const TEST_FILES = [
  'test/{unit,ledger,model,activities}/**/*.test.ts',
  'test/workflows/{letter-sweep,letters,reset-reminders,stuck-items}.test.ts',
];

export function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}

/** Reads what was noted, runs the test files that are not in it as they are now, and notes these too. */
export async function callsOfFiles(
  project: string,
  store: string,
  start: () => Promise<MutantServers>,
): Promise<CallsOfFile[]> {
  const files = globSync(TEST_FILES, { cwd: project }).sort();
  const known = () =>
    noted(store).filter(
      ({ file, digest }) => files.includes(file) && digest === digestOf(join(project, file)),
    );
  const missing = files.filter((file) => !known().some((calls) => calls.file === file));
  if (missing.length > 0) {
    console.error(`Running ${missing.length} test files to see what each of them calls`);
    const servers = await start();
    try {
      await servers.prepare([]);
      const { output } = await servers.run(missing, {
        seconds: 3600,
        env: { MUTANT_CALLS: store },
        bail: false,
      });
      const failed = new Set([...output.matchAll(/^ *FAIL +(\S+)/gm)].map(([, file]) => file));
      for (const file of failed) console.error(`Left out, since it fails without any fault: ${file}`);
      const sound = noted(store).filter(({ file }) => !failed.has(file));
      writeFileSync(store, sound.map((calls) => `${JSON.stringify(calls)}\n`).join(''));
    } finally {
      await servers.stop();
    }
  }
  return known();
}

/** The last note of each file. */
function noted(store: string): CallsOfFile[] {
  if (!existsSync(store)) return [];
  const lines = readFileSync(store, 'utf8').split('\n').filter(Boolean);
  const calls = lines.map((line) => JSON.parse(line) as CallsOfFile);
  return [...new Map(calls.map((each) => [each.file, each])).values()];
}
