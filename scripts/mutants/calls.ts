/** Which test files call what: noted once in a run of all of them, and anew for those that changed since. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.ts';
import type { SqlFunction } from './functions.ts';
import type { MutantServers } from './servers.ts';

/** From, to, how often; an inner range says more than the one around it. */
type Place = readonly [from: number, to: number, count: number];

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
const TEST_FILES = 'test/{unit,ledger,model}/**/*.test.ts';

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

/** Test files to run, and of those only the tests whose names match. */
export type Step = { files: string[]; named?: string };

/** Says for a fault which test files reach it: first those that take little and call little else, so that they are about it. */
export type StepsOf = (fault: Fault) => Step[];

export function stepsBy(
  project: string,
  calls: CallsOfFile[],
  functions: SqlFunction[],
  budget: number,
): StepsOf {
  const effort = ({ seconds, functions }: CallsOfFile) => seconds * (functions.length + 1);
  const narrowestFirst = [...calls].sort((one, other) => effort(one) - effort(other));
  const byFunction = (signature: string) =>
    narrowestFirst.filter((each) => each.functions.includes(signature));
  /** PostgreSQL does not count a function that it put into its caller: whoever calls the caller may have called it. */
  const inlined = (called: SqlFunction, seen: ReadonlySet<string>): CallsOfFile[] => {
    if (called.language !== 'sql' || seen.has(called.signature)) return [];
    const mention = new RegExp(`\\bboon\\.${called.name}\\b`);
    const callers = functions.filter(({ body }) => mention.test(body));
    const sources = globSync('src/ledger/*.ts', { cwd: project }).filter((path) =>
      mention.test(readFileSync(join(project, path), 'utf8')),
    );
    const met = new Set([...seen, called.signature]);
    return [
      ...callers.flatMap((caller) => [...byFunction(caller.signature), ...inlined(caller, met)]),
      ...narrowestFirst.filter((each) => sources.some((path) => path in each.sources)),
    ];
  };
  return (fault) => {
    const called = functions.find(({ signature }) => signature === fault.where);
    const reached =
      called === undefined
        ? narrowestFirst.filter((each) => runs(project, each, fault))
        : [...byFunction(called.signature), ...inlined(called, new Set())];
    const within: string[] = [];
    let spent = 0;
    for (const { file, seconds } of new Set(reached)) {
      if (spent < budget) within.push(file);
      spent += seconds;
    }
    return [...aboutInvariant(project, fault), { files: within }];
  };
}

/** A check of `verify` has tests under its name, and one says that it finds nothing in a sound ledger. */
function aboutInvariant(project: string, { where, start }: Fault): Step[] {
  if (!where.endsWith('invariants.ts')) return [];
  const before = readFileSync(join(project, where), 'utf8').slice(0, start);
  const name = [...before.matchAll(/^ {2}'(.+)': /gm)].at(-1)?.[1];
  const named = `finds nothing wrong|nothing is wrong|told a time${name === undefined ? '' : `|${escaped(name)}`}`;
  return [{ files: ['test/ledger/verify.test.ts'], named }];
}

function escaped(name: string): string {
  return name.replaceAll(/[^\w ]/g, '.');
}

/** Whether a test file ran the place of a fault; in a source that changed since, whether it loaded the file. */
function runs(project: string, { sources }: CallsOfFile, { where, start }: Fault): boolean {
  const source = sources[where];
  if (source === undefined) return false;
  if (source.digest !== digestOf(join(project, where))) return true;
  const around = source.places.filter(([from, to]) => from <= start && start < to);
  const innermost = around.sort((one, other) => one[1] - one[0] - (other[1] - other[0]))[0];
  return innermost !== undefined && innermost[2] > 0;
}
