/** `npm run simulate`: plays a seed by hand, on a PostgreSQL of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../src/local/postgres.ts';
import { putCluster, TEMPLATE } from '../../src/testing/prepared-cluster.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { PARTS, type PartName } from './part.ts';
import { inWords, shorten } from './report.ts';
import { type RunOptions, run } from './run.ts';
import { World } from './world.ts';

const HELP = `npm run simulate -- [--seed S] [--steps N] [--seeds K] [--fault NAME] [--no-shrink] [--json]

Plays N steps (20000) that seed S (1) decides, on a real ledger with time skipped, and compares each with a plain model.
  --seeds K     plays K seeds, from S on
  --part NAME   steps of this part only: gifts, programs, usage or money
  --fault NAME  puts a known fault into the ledger first: the simulation is to find it, by steps of the part where it shows.
                "all" tries each
  --no-shrink   does not look for the shortest sequence that fails
  --json        one line of JSON for each seed
Faults: ${FAULTS.map(({ name }) => name).join(', ')}

Exit status: 0 all is well (with --fault: it was found), 1 it is not, 2 wrong usage.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '20000' },
    seeds: { type: 'string', default: '1' },
    part: { type: 'string' },
    fault: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [seed, steps, seeds] = [values.seed, values.steps, values.seeds].map(Number) as [
  number,
  number,
  number,
];
const part = PARTS.filter((name) => name === values.part);
const wrong =
  (values.part !== undefined && part.length === 0) ||
  ![seed, steps, seeds].every(Number.isSafeInteger) ||
  steps < 1 ||
  seeds < 1;
const faults = FAULTS.filter(({ name }) => name === values.fault || values.fault === 'all');
if (values.help || wrong || (values.fault !== undefined && faults.length === 0)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const folder = await mkdtemp(join(tmpdir(), 'boon-simulation-'));
await putCluster(folder);
const postgres = await startPostgres({
  dataDir: folder,
  settings: {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '256MB',
  },
});
try {
  let well = true;
  for (let n = 0; n < seeds; n++)
    for (const fault of values.fault === undefined ? [undefined] : faults)
      well = (await playSeed(seed + n, fault)) && well;
  process.exitCode = well ? 0 : 1;
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns whether it came out as it should. */
async function playSeed(one: number, fault: Fault | undefined): Promise<boolean> {
  const begun = performance.now();
  const options: RunOptions = {
    adminUrl: postgres.url,
    template: TEMPLATE,
    seed: one,
    steps,
    fault,
    parts: partsOf(fault),
  };
  const { steps: done, failure } = await run({ ...options, progress });
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const shortest =
    failure === undefined || values['no-shrink'] ? undefined : await shortestOf(options, failure);
  const message = shortest?.message ?? failure?.message;
  if (values.json) {
    const found = failure === undefined ? null : { seed: failure.seed, step: failure.steps + 1, message };
    console.log(
      JSON.stringify({
        seed: one,
        steps: done,
        seconds,
        fault: fault?.name,
        failure: found,
        shortest: shortest?.steps,
      }),
    );
  } else {
    const what = fault === undefined ? '' : `, with "${fault.name}"`;
    console.log(
      `Seed ${one}${what}: ${done} steps in ${seconds} s, ${failure === undefined ? 'nothing found' : `failed at step ${failure.steps + 1} of seed ${failure.seed}`}`,
    );
    if (shortest !== undefined) console.log(inWords(shortest, optionsOf(fault)));
    else if (message !== undefined) console.log(message);
  }
  return (failure === undefined) === (fault === undefined);
}

async function shortestOf({ adminUrl, template, fault }: RunOptions, failure: Parameters<typeof shorten>[1]) {
  const world = await World.open(adminUrl, template, fault);
  try {
    return await shorten(world, failure);
  } finally {
    await world.close();
  }
}

function optionsOf(fault: Fault | undefined): string {
  if (fault !== undefined) return ` --fault '${fault.name}'`;
  return values.part === undefined ? '' : ` --part ${values.part}`;
}

function partsOf(fault: Fault | undefined): readonly PartName[] {
  if (fault !== undefined) return [fault.part];
  return part.length === 0 ? PARTS : part;
}

function progress(done: number): void {
  if (process.stderr.isTTY && done % 100 === 0) process.stderr.write(`\r${done} of ${steps} steps `);
}
