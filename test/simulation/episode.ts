/** One episode: an empty ledger, its rules, its people, and step after step; at the end time passes until nothing is open. */
import { expect } from 'vitest';
import { START } from '../support/test-ledger.ts';
import { GiftPart } from './gift-part.ts';
import { IDLER, Idler } from './idler.ts';
import { MoneyPart } from './money-part.ts';
import { openThings } from './open-things.ts';
import type { Part, PartName } from './part.ts';
import { ProgramsPart } from './programs-part.ts';
import { commonPolicy } from './rules.ts';
import type { Chore, Script, Step } from './steps.ts';
import { SWEEPS, type SweepKind } from './sweep-kinds.ts';
import { sweep } from './sweeps.ts';
import { Troubles } from './trouble.ts';
import { UsagePart } from './usage-part.ts';
import type { World } from './world.ts';

const DAY = 86_400_000;
/** How much time passes at the end, between one look at everything and the next. */
const AFTERWARDS = [1, 14, 15, 31, 62, 400].map((days) => days * DAY);
/** So many months more, for rewards that wait for a place in theirs: each month has one at least. */
const MONTHS = 24;
/** Everything that is stored is compared after so many steps. */
const CHECK_EVERY = 50;

export class Episode {
  readonly #world: World;
  readonly #troubles: Troubles;
  readonly #idler: Idler;
  readonly #parts: Record<PartName, Part>;
  readonly #steps = { gifts: 0, programs: 0, usage: 0, money: 0 };
  readonly #thorough: number;
  #now = Date.parse(START);

  private constructor(world: World, troubles: Troubles, parts: Record<PartName, Part>, thorough: number) {
    this.#world = world;
    this.#thorough = thorough;
    this.#troubles = troubles;
    this.#idler = new Idler(world);
    this.#parts = parts;
  }

  /**
   * @param thorough of each part's steps every so many is compared thoroughly, and not only its answer
   * @throws what was wrong first, and after how many steps.
   */
  static async play(
    world: World,
    script: Script,
    { thorough = 1, done = () => undefined }: { thorough?: number; done?: () => void } = {},
  ): Promise<void> {
    await world.empty();
    const episode = await Episode.#begin(world, script, thorough);
    try {
      for (const [n, step] of script.steps.entries()) {
        try {
          await episode.#perform(step);
          if ((n + 1) % CHECK_EVERY === 0) await episode.#check();
        } catch (error) {
          throw new EpisodeFailed(n, step, error);
        }
        done();
      }
      try {
        await episode.#end();
      } catch (error) {
        throw new EpisodeFailed(script.steps.length, undefined, error);
      }
    } finally {
      await episode.#idler.end('rollback');
    }
  }

  static async #begin(world: World, script: Script, thorough: number): Promise<Episode> {
    const troubles = new Troubles(world);
    const ledger = troubles.ledger('rest');
    await ledger.usePolicy(commonPolicy(script.choice), START);
    const programs = await ProgramsPart.begin(world, script.choice);
    troubles.onPut = (id, put, at) => programs.heardOf(id, put, at);
    await ledger.putAccount(IDLER, { plan: 'edu' }, START);
    await programs.people({ ledger, now: Date.parse(START) });
    const gifts = await GiftPart.begin(world, troubles.ledger('gifts'), script.policies);
    const usage = new UsagePart(script.choice);
    const money = await MoneyPart.begin(world, ledger);
    return new Episode(world, troubles, { gifts, programs, usage, money }, thorough);
  }

  async #perform({ part, command, client, skew, trouble }: Step): Promise<void> {
    this.#troubles.begin(client, trouble);
    // A page of a campaign locks everybody.
    if (/campaign|page/.test(command.do)) await this.#idler.end('commit');
    if (part === 'chores') return this.#chore(command as Chore);
    const now = this.#now + skew;
    const ledger = this.#troubles.ledger(part === 'gifts' ? 'gifts' : 'rest');
    const thorough = ++this.#steps[part] % this.#thorough === 0;
    const after = await this.#parts[part].perform(command as never, { ledger, now, thorough });
    if (after > now) this.#now += after - now;
  }

  async #chore(chore: Chore): Promise<void> {
    const ledger = this.#troubles.ledger('rest');
    const at = new Date(this.#now).toISOString();
    switch (chore.do) {
      case 'sweep':
        return this.#sweep(chore.which);
      case 'seal':
        await ledger.sealBlocks(at);
        return;
      case 'verify':
        expect(
          (await ledger.verify(undefined, { sinceCheckpoint: true, keepCheckpoint: true })).violations,
        ).toEqual([]);
        return;
      case 'arrive':
        return this.#troubles.arrive();
      case 'idle':
        return this.#idler.turn(at, chore.end);
    }
  }

  async #sweep(which: SweepKind): Promise<void> {
    const at = new Date(this.#now).toISOString();
    const changed = await sweep(this.#world, this.#troubles.ledger('rest'), which, at);
    for (const part of new Set(Object.values(this.#parts))) part.swept(which, this.#now, changed);
  }

  async #check(): Promise<void> {
    for (const part of new Set(Object.values(this.#parts))) await part.check(this.#now);
    expect(
      await this.#world.read('stuck', 'SELECT what, item, last_error FROM boon.stuck_items', []),
    ).toEqual([]);
  }

  /** Everything that is open has an end that time brings, and what the schedules do. */
  async #end(): Promise<void> {
    this.#troubles.begin(0, undefined);
    await this.#idler.end('commit');
    await this.#troubles.arrive();
    for (const passed of AFTERWARDS) await this.#pass(passed);
    for (let month = 0; month < MONTHS && (await openThings(this.#world)).length > 0; month++)
      await this.#pass(31 * DAY);
    const ledger = this.#troubles.ledger('rest');
    const at = new Date(this.#now).toISOString();
    await ledger.sealBlocks(at);
    await this.#check();
    expect(await openThings(this.#world)).toEqual([]);
    expect(await this.#world.verify(at)).toEqual([]);
  }

  async #pass(time: number): Promise<void> {
    this.#now += time;
    for (const which of SWEEPS) await this.#sweep(which);
    for (const [name, part] of Object.entries(this.#parts))
      await part.settle({
        ledger: this.#troubles.ledger(name === 'gifts' ? 'gifts' : 'rest'),
        now: this.#now,
      });
  }
}

/** Which step it was after which something was wrong; undefined: when all had come to its end. */
export class EpisodeFailed extends Error {
  readonly index: number;
  readonly step: Step | undefined;

  constructor(index: number, step: Step | undefined, cause: unknown) {
    super(wordsOf(cause), { cause });
    this.index = index;
    this.step = step;
  }
}

/** What was expected and what was there, as far as the failure knows. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { message, expected, actual } = cause as Error & { expected?: unknown; actual?: unknown };
  if (expected === undefined && actual === undefined) return `${cause.stack}`;
  return `${message}\nexpected: ${textOf(expected)}\nactual:   ${textOf(actual)}`;
}

function textOf(value: unknown): string {
  const text = (_: string, part: unknown) => (typeof part === 'bigint' ? String(part) : part);
  return JSON.stringify(value, text) ?? 'nothing';
}
