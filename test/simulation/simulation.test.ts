import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { SEED } from '../support/effort.ts';
import { TEMPLATE_DATABASE } from '../support/suite.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { FOUND } from './found.ts';
import { inWords, shorten } from './report.ts';
import { play, run } from './run.ts';
import { script } from './steps.ts';
import { World } from './world.ts';

const STEPS = Number(process.env.BOON_SIMULATION_STEPS ?? 20_000);
const postgres = () => ({ adminUrl: inject('postgresUrl'), template: TEMPLATE_DATABASE });

test('in 20,000 steps of one seed, with troubles on the way, everything is as the plain models say and comes to its end', async () => {
  const { steps, failure } = await run({ ...postgres(), seed: SEED, steps: STEPS });
  expect(
    failure === undefined ? undefined : { seed: failure.seed, step: failure.steps, message: failure.message },
  ).toBe(undefined);
  expect(steps).toBe(STEPS);
}, 1_800_000);

test('a seed is always the same steps, and another seed is others', () => {
  expect(script(7, 200)).toEqual(script(7, 200));
  expect(script(8, 200).steps).not.toEqual(script(7, 200).steps);
  const { steps } = script(7, 2_000);
  expect(new Set(steps.map(({ part }) => part))).toEqual(
    new Set(['gifts', 'programs', 'usage', 'money', 'chores']),
  );
  expect(new Set(steps.map(({ trouble }) => trouble))).toEqual(
    new Set([undefined, 'lost answer', 'both at once', 'late copy', 'killed']),
  );
});

/** A few of them, found within few steps; all are tried by hand (`npm run simulate -- --fault all`). */
describe('a fault that is put back', () => {
  const few = ['a lot that expires as its gift is settled gives a lot that has expired', 'any page pays'];
  const sample = Object.entries(FOUND).filter(([name]) => few.includes(name));

  test.each(sample)('is found: %s', async (name, { seed, step }) => {
    const { failure } = await run({
      ...postgres(),
      seed,
      steps: step + 40,
      parts: [faultOf(name).part],
      fault: faultOf(name),
    });
    expect(failure).toBeDefined();
  });

  test('is shown by a sequence that is short, and fails again', async () => {
    const [name, { seed, step }] = sample[0] ?? ['', { seed: 0, step: 0 }];
    const world = await World.open(postgres().adminUrl, TEMPLATE_DATABASE, faultOf(name));
    try {
      const all = script(seed, step + 40, [faultOf(name).part]);
      const failed = await play(world, all);
      if (failed === undefined) throw new Error('nothing was found');
      const failure = { seed, script: all, steps: failed.index, message: failed.message };
      const shortest = await shorten(world, failure, 40);
      expect(shortest.steps.length).toBeLessThan(failed.index);
      expect(await play(world, { ...all, steps: shortest.steps })).toBeDefined();
      expect(inWords(shortest)).toContain(`The shortest sequence found has ${shortest.steps.length}:`);
    } finally {
      await world.close();
    }
  });

  test('is refused where its text is not there any more', async () => {
    const gone: Fault = {
      name: 'gone',
      part: 'gifts',
      function: 'settle_gifts',
      find: 'no such text',
      replace: '',
    };
    await expect(World.open(postgres().adminUrl, TEMPLATE_DATABASE, gone)).rejects.toThrow(
      'not in boon_code.settle_gifts',
    );
  });
});

describe('every fault', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open(postgres().adminUrl, TEMPLATE_DATABASE);
  });
  afterAll(() => world.close());

  test('has its place in the functions of today', async () => {
    const names = FAULTS.map(({ name }) => name);
    expect(Object.keys(FOUND).filter((name) => !names.includes(name))).toEqual([]);
    for (const fault of FAULTS) {
      const rows = await world.sql(
        "SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.pronamespace = 'boon_code'::regnamespace AND p.proname = $1",
        [fault.function],
      );
      const places = rows.flatMap(({ text }) => String(text).split(fault.find).slice(1));
      expect({ fault: fault.name, places: places.length }).toEqual({ fault: fault.name, places: 1 });
    }
  });
});

function faultOf(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`there is no fault "${name}"`);
  return fault;
}
