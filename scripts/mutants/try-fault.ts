/** Tries one fault: puts it in, runs the tests that reach it until one fails, and takes it out. */
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import pg from 'pg';
import { type Fault, withFault } from './fault.ts';
import { type SqlFunction, withBody } from './functions.ts';
import type { MutantServers, TestRun } from './servers.ts';
import { RACES, type Step } from './steps.ts';
import type { Verdict } from './verdict.ts';

/** What PostgreSQL says of operators and types that do not fit: it looks at them when a function runs. */
const NO_PROGRAM =
  /operator does not exist|operator is not unique|argument of \w+ must be type|cannot cast type|FULL JOIN is only supported|invalid input syntax for type/;

/** A busy machine makes tests fail as well: what fails for its time is believed when it does so again and again. */
const TOO_SLOW = /in time\b|in t…|did not answer/i;
const MOST_DOUBTS = 2;

type Tried = Omit<Verdict, 'id' | 'digest'>;

export async function tryFault(
  servers: MutantServers,
  fault: Fault,
  called: SqlFunction | undefined,
  steps: readonly Step[],
  seconds: number,
): Promise<Tried> {
  const began = performance.now();
  const tried = (rest: Pick<Tried, 'outcome'> & Partial<Tried>): Tried => ({
    files: new Set(steps.flatMap(({ files }) => files)).size,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    ...rest,
  });
  const path = called === undefined ? join(servers.folder, fault.where) : undefined;
  const text = path === undefined ? '' : readFileSync(path, 'utf8');
  try {
    if (path === undefined)
      await servers.prepare([
        withBody(called as SqlFunction, withFault((called as SqlFunction).body, fault)),
      ]);
    else {
      const mutant = withFault(text, fault);
      stripTypeScriptTypes(mutant);
      await servers.prepare([]);
      writeFileSync(path, mutant);
    }
  } catch (error) {
    if (!isRefused(error)) throw error;
    return tried({ outcome: 'invalid', by: `${error}`.split('\n')[0] ?? '' });
  }
  try {
    for (const step of steps) {
      const seen = step.files.length === 0 ? undefined : await runStep(servers, step, seconds);
      if (seen !== undefined) return tried(seen);
    }
    return tried({ outcome: steps.some(({ files }) => files.length > 0) ? 'survived' : 'not reached' });
  } finally {
    if (path !== undefined) writeFileSync(path, text);
  }
}

/** What a test of these said of the fault; nothing when all passed. */
async function runStep(
  servers: MutantServers,
  { files, named }: Step,
  seconds: number,
): Promise<ReturnType<typeof failed> | undefined> {
  let left = files;
  for (let doubts = 0; ; doubts++) {
    const run = await servers.run(left, { seconds, ...(named === undefined ? {} : { named }) });
    if (run.passed) return undefined;
    const seen = failed(run, seconds);
    const doubtful = TOO_SLOW.test(whyOf(run)) || RACES.test(seen.file ?? '');
    if (seen.file === undefined || !doubtful || doubts === MOST_DOUBTS) return seen;
    left = left.slice(left.indexOf(seen.file));
  }
}

/** 42…: a syntax error, or a name or type that is not there. */
function isRefused(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.code?.startsWith('42') === true;
  return (error as { code?: string }).code === 'ERR_INVALID_TYPESCRIPT_SYNTAX';
}

/** What the first failed test says; its name may speak of time as well. */
function whyOf({ output }: Pick<TestRun, 'output'>): string {
  return /^(?:\w*Error|AssertionError)[^\n]*/m.exec(output)?.[0] ?? '';
}

function failed({ output, timedOut }: TestRun, seconds: number): Pick<Tried, 'outcome'> & Partial<Tried> {
  if (NO_PROGRAM.test(output)) return { outcome: 'invalid', by: NO_PROGRAM.exec(output)?.[0] ?? '' };
  const [, file, name] = /^ *FAIL +(\S+)(.*)$/m.exec(output) ?? [];
  if (timedOut) return { outcome: 'noticed', by: `the tests stood still for ${seconds} s` };
  // A run that fails without a failed test says nothing of the fault.
  if (file === undefined) throw new Error(`The tests did not run:\n${output.slice(-2000)}`);
  return {
    outcome: 'noticed',
    by: `${name?.replace(/^ > /, '') ?? ''}: ${whyOf({ output })}`.slice(0, 300),
    file,
  };
}
