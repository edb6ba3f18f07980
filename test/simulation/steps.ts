/** What happens in an episode, chosen by a seed. A step names things by numbers, so that any of them can be left out. */
import fc from 'fast-check';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import { scenarios } from '../model/commands.ts';
import type { ProgramCommand } from '../model/program-command.ts';
import { programScenarios } from '../model/program-commands.ts';
import type { Choice } from '../model/program-rules.ts';
import { usageCommand } from '../model/usage-commands.ts';
import { moneyCommand } from './money-commands.ts';
import { PARTS, type PartName } from './part.ts';
import { SEQUENCES } from './sequences.ts';
import { SWEEPS, type SweepKind } from './sweep-kinds.ts';
import type { Trouble } from './trouble.ts';
import { CLIENTS } from './world.ts';

/** What nobody in particular does. `arrive`: copies that were on their way do. `idle`: a writer's transaction begins, or ends. */
export type Chore =
  | { do: 'sweep'; which: SweepKind }
  | { do: 'seal' | 'verify' | 'arrive' }
  | { do: 'idle'; end: 'commit' | 'rollback' };
export type Step = {
  part: PartName | 'chores';
  command: { do: string };
  client: number;
  /** How far the client's clock is from the others'. */
  skew: number;
  trouble?: Trouble;
};
/** The rules of an episode and what happens in it. */
export type Script = { policies: VersionedPolicy[]; choice: Choice; steps: Step[] };

/** So often something in a row begins that would seldom come by chance. */
const RARE = 0.03;
/** Clocks are as much as this apart. */
const SKEW_MS = 1_000;

/** Numbers are drawn for so many steps or a multiple, so that a beginning is always the same. */
const DRAWN = 500;

/** @param parts whose steps they are: those of all, or of a few, which then meet each other more often */
export function script(seed: number, count: number, parts: readonly PartName[] = PARTS): Script {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const sample = <T>(arbitrary: fc.Arbitrary<T>): T => fc.sample(arbitrary, { seed, numRuns: 1 })[0] as T;
  const rare = (part: PartName) =>
    random() < RARE && SEQUENCES[part].length > 0 ? pick(SEQUENCES[part]) : [];
  const drawn = Math.ceil(count / DRAWN) * DRAWN;
  const gifts = sample(scenarios({ least: drawn, most: drawn }));
  const programs = sample(programScenarios({ least: drawn, most: drawn, plain: 3 }));
  const queues: Record<PartName, { do: string }[]> = {
    gifts: gifts.commands,
    programs: programs.commands.map(ofItsPlans),
    usage: sample(fc.array(usageCommand, { minLength: drawn, maxLength: drawn, size: 'max' })),
    money: sample(fc.array(moneyCommand, { minLength: drawn, maxLength: drawn, size: 'max' })),
  };
  for (const part of PARTS) queues[part] = queues[part].flatMap((command) => [...rare(part), command]);
  const steps: Step[] = [];
  const client = () => Math.floor(random() * CLIENTS);
  const chore = (command: Chore) => steps.push({ part: 'chores', command, client: client(), skew: 0 });
  for (let focus: PartName = pick(parts); steps.length < count; ) {
    // Some steps in a row are of one part, so that they meet each other before time has settled everything.
    if (random() < 0.05) focus = pick(parts);
    const chance = random();
    if (chance < 0.002) chore({ do: 'verify' });
    else if (chance < 0.08) chore(pick<Chore>(CHORES));
    const part: PartName = random() < 0.9 ? focus : pick(parts);
    const command = queues[part].shift();
    if (command === undefined) continue;
    const sweeps = sweepsOf(part, command as { do: string; which?: number });
    if (sweeps !== undefined) {
      for (const which of sweeps) chore({ do: 'sweep', which });
      continue;
    }
    const skew = random() < 0.2 ? pick([-SKEW_MS, -1, 1, SKEW_MS]) : 0;
    const trouble = troubleOf(random(), command.do);
    steps.push({ part, command, client: client(), skew, ...(trouble === undefined ? {} : { trouble }) });
  }
  return { policies: gifts.policies, choice: programs.choice, steps: steps.slice(0, count) };
}

const CHORES: readonly Chore[] = [
  { do: 'arrive' },
  { do: 'arrive' },
  { do: 'arrive' },
  { do: 'seal' },
  { do: 'seal' },
  { do: 'idle', end: 'commit' },
  { do: 'idle', end: 'commit' },
  { do: 'idle', end: 'rollback' },
  { do: 'sweep', which: 'expire lots' },
];

/** A new connection has everything to learn anew, which takes longer than many steps: killing is rare. */
function troubleOf(chance: number, command: string): Trouble | undefined {
  // Two that create a campaign at once must meet in the ledger, and there are few of them.
  if (command === 'campaign' && chance > 0.6) return 'both at once';
  if (chance < 0.0003) return 'killed';
  if (chance < 0.05) return 'lost answer';
  if (chance < 0.08) return 'both at once';
  return chance < 0.11 ? 'late copy' : undefined;
}

/** Sweeps are of everybody. */
function sweepsOf(part: PartName, command: { do: string; which?: number }): readonly SweepKind[] | undefined {
  if (command.do === 'expire') return part === 'usage' || part === 'gifts' ? ['expire lots'] : undefined;
  if (part !== 'programs') return undefined;
  if (command.do === 'sweep') return SWEEPS.slice(1);
  return command.do === 'one sweep'
    ? [SWEEPS[1 + ((command.which ?? 0) % (SWEEPS.length - 1))] as SweepKind]
    : undefined;
}

/** A campaign for everybody is one for all of that part, whose plans nobody else has. */
function ofItsPlans(command: ProgramCommand): ProgramCommand {
  if (command.do !== 'campaign' || command.plans !== null) return command;
  return { ...command, plans: ['plus', 'pro', 'free', 'business' as 'free'] };
}

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
