/**
 * Notes what each test file calls, in `MUTANT_CALLS`, a line of JSON a file: SQL functions as PostgreSQL counts them in each
 * of the file's databases before it is dropped, and the places of the sources that ran as V8 counts them.
 */
import { appendFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type CallsOfFile, digestOf } from './calls.ts';

type Watch = { session: Session; functions: Set<string> };
const kept = globalThis as { mutantWatch?: Watch };
const root = process.cwd();

async function watch(): Promise<Watch> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const functions = new Set<string>();
  const query = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const dropped = typeof args[0] === 'string' && /^DROP DATABASE IF EXISTS ("?)(\w+)\1/.exec(args[0])?.[2];
    const call = () => Reflect.apply(query, this, args);
    return dropped ? noteFunctions(dropped, functions).then(call) : call();
  } as typeof query;
  return { session, functions };
}

/** What a session has called is counted when it ends, which the drop does not wait for. */
async function noteFunctions(database: string, functions: Set<string>): Promise<void> {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  try {
    await client.connect();
    for (let tries = 0; tries < 50; tries++) {
      const { rows } = await client.query(
        'SELECT count(*)::int AS others FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      if (rows[0].others === 0) break;
    }
    const { rows } = await client.query(
      `SELECT replace(funcid::regprocedure::text, 'boon_code.', '') AS signature FROM pg_stat_user_functions WHERE schemaname = 'boon_code'`,
    );
    for (const { signature } of rows) functions.add(signature);
  } catch {
    // A database that is not there was dropped before.
  } finally {
    await client.end().catch(() => undefined);
  }
}

kept.mutantWatch ??= await watch();
const { session, functions } = kept.mutantWatch;
let began = 0;

beforeAll(async () => {
  began = performance.now();
  functions.clear();
});

afterAll(async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const sources: CallsOfFile['sources'] = {};
  for (const script of result) {
    if (!script.url.startsWith('file:')) continue;
    const path = relative(root, fileURLToPath(script.url));
    if (!path.startsWith('src/')) continue;
    const ranges = script.functions.flatMap((each) => each.ranges);
    const places = ranges.map((range) => [range.startOffset, range.endOffset, range.count] as const);
    sources[path] = { digest: digestOf(join(root, path)), places };
  }
  const file = relative(root, expect.getState().testPath ?? '');
  const calls: CallsOfFile = {
    file,
    digest: digestOf(join(root, file)),
    seconds: (performance.now() - began) / 1000,
    functions: [...functions].sort(),
    sources,
  };
  appendFileSync(process.env.MUTANT_CALLS as string, `${JSON.stringify(calls)}\n`);
});
