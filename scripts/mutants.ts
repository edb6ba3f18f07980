/**
 * `npm run mutants`: puts one-line faults into the ledger's SQL functions and into the rules, one at a time, and runs the
 * tests that reach them. A fault that no test notices is a rule that no test holds. A run that was broken off goes on where
 * it was: verdicts are kept in `.cache/mutants`.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callsOfFiles } from './mutants/calls.ts';
import { type Fault, faultsOf, inOrderOf } from './mutants/fault.ts';
import { functionsOf, type SqlFunction } from './mutants/functions.ts';
import { reportOf, whyEquivalent } from './mutants/report.ts';
import { type MutantServers, startMutantServers } from './mutants/servers.ts';
import { sqlEdits } from './mutants/sql-faults.ts';
import { stepsBy } from './mutants/steps.ts';
import { tryFault } from './mutants/try-fault.ts';
import { typescriptEdits } from './mutants/typescript-faults.ts';
import { type Verdict, verdictsIn } from './mutants/verdict.ts';

const PROJECT = join(import.meta.dirname, '..');
const STORE = join(PROJECT, '.cache/mutants');
const SOURCES = 'src/{domain,ledger}/**/*.ts';

const HELP = `npm run mutants -- [--seed 1] [--count 200] [--jobs 1] [--seconds 300] [--budget 1000]\n  [--only TEXT] [--again] [--list] [--json]
  --seed S      which sample of all faults
  --count N     how many faults are tried; those that are no program, or change nothing, are replaced by the next
  --jobs N      how many at once, each with a PostgreSQL of its own
  --seconds N   tests that stand still for so long are ended, and the fault counts as noticed
  --budget N    tries no more test files for a fault than take so many seconds without it, the narrowest first
  --only TEXT   only faults whose name has TEXT in it: of a function, a file, a line
  --again       tries those again that no test noticed, as after a test was written
  --list        names the sample and tries nothing
  --json        prints the verdicts as JSON`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    jobs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '300' },
    budget: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
    again: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [seed, count, jobs, seconds, budget] = [
  values.seed,
  values.count,
  values.jobs,
  values.seconds,
  values.budget,
].map(Number);
if (values.help || ![seed, count, jobs, seconds, budget].every(Number.isSafeInteger)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

mkdirSync(STORE, { recursive: true });
const calls = values.list ? [] : await callsOfFiles(PROJECT, join(STORE, 'calls.jsonl'), startMutantServers);
const servers = await Promise.all(Array.from({ length: values.list ? 1 : (jobs ?? 1) }, startMutantServers));
let stopping = false;
process.once('SIGINT', () => {
  stopping = true;
});
try {
  const functions = await functionsOf((servers[0] as MutantServers).soundUrl);
  const sample = inOrderOf(seed ?? 1, [...sqlFaults(functions), ...sourceFaults()]).filter(({ id }) =>
    id.includes(values.only),
  );
  if (values.list)
    for (const fault of sample.filter((each) => whyEquivalent(each) === undefined).slice(0, count))
      console.log(`${fault.id}\n    ${fault.after}`);
  else await tryAll(sample, functions);
} finally {
  await Promise.all(servers.map((each) => each.stop()));
}

function sqlFaults(functions: readonly SqlFunction[]): Fault[] {
  return functions.flatMap(({ signature, body }) => faultsOf('sql', signature, body, sqlEdits(body)));
}

function sourceFaults(): Fault[] {
  return globSync(SOURCES, { cwd: PROJECT })
    .sort()
    .flatMap((path) => {
      const text = readFileSync(join(PROJECT, path), 'utf8');
      return faultsOf('typescript', path, text, typescriptEdits(text));
    });
}

async function tryAll(sample: readonly Fault[], functions: readonly SqlFunction[]): Promise<void> {
  const verdicts = verdictsIn(join(STORE, 'verdicts.jsonl'));
  const stepsOf = stepsBy(PROJECT, calls, [...functions], budget ?? 1000);
  const done: { fault: Fault; verdict: Verdict }[] = [];
  const wanted = count ?? 0;
  const counted = () => done.filter(({ verdict }) => verdict.outcome !== 'invalid').length;
  let next = 0;
  let running = 0;
  const worker = async (own: MutantServers) => {
    for (;;) {
      const fault = sample[next];
      if (stopping || fault === undefined || counted() + running >= wanted) return;
      next += 1;
      if (whyEquivalent(fault) !== undefined) continue;
      running += 1;
      const called = functions.find(({ signature }) => signature === fault.where);
      const text = called?.body ?? readFileSync(join(PROJECT, fault.where), 'utf8');
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
      let verdict = verdicts.of(fault, digest);
      const unnoticed = verdict?.outcome === 'survived' || verdict?.outcome === 'not reached';
      if (verdict === undefined || (values.again && unnoticed)) {
        const before = new Set(verdicts.noticedBy(fault.where));
        const steps = stepsOf(fault);
        for (const { files } of steps)
          files.sort((one, other) => Number(before.has(other)) - Number(before.has(one)));
        verdict = { id: fault.id, digest, ...(await tryFault(own, fault, called, steps, seconds ?? 300)) };
        verdicts.add(verdict);
      }
      running -= 1;
      done.push({ fault, verdict });
      const by = verdict.by === undefined ? '' : `\n    ${verdict.file ?? ''} ${verdict.by}`;
      console.error(`${counted()}/${wanted} ${verdict.outcome}, ${verdict.seconds} s: ${fault.id}${by}`);
    }
  };
  await Promise.all(servers.map(worker));
  const report = reportOf(done, sample.slice(0, next), seed ?? 1);
  console.log(values.json ? JSON.stringify(report, null, 2) : report.text);
}
