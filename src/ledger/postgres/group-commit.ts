/**
 * Group commit: concurrent calls are gathered into one database call. While a writer is busy the calls wait in
 * one queue; when it is free it takes them together. A lone call waits for one turn of the event loop.
 *
 * No call waits without end: not for company, not behind calls that came later, not for a row that somebody else has
 * locked, and not for the database.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BoonError } from '../../contracts/errors.ts';
import { isLocked } from './database.ts';

/** How long a run waits for locks: as every statement does, or for a moment only, when others may be kept waiting. */
export type LockWait = 'usual' | 'short';

export type GroupCommitOptions<Request, Answer> = {
  /** Writers that may be busy at once. Two saturate a server with two cores; more contend. */
  writers: number;
  /** The most calls in one batch: larger ones hold their locks too long. */
  most: number;
  /**
   * The fewest calls for which a further writer is worth its batch's fixed cost: twice as many are shared by two
   * writers, and so many must wait for one to join another that is busy, unless they have waited for long.
   */
  join: number;
  /**
   * What a call locks, its own row first. Calls with a shard in common are never in two batches at once, so that they do
   * not wait for each other's locks. Asked again when a call goes again.
   */
  shardOf: (request: Request) => string | readonly string[];
  /** Runs a batch and answers in its order; `AGAIN` asks for the call to go into a later batch. */
  run: (batch: Request[], wait: LockWait) => Promise<(Answer | typeof AGAIN)[]>;
  /** The longest that a call waits for a locked row. */
  lockedMs?: number;
  /** The longest that a call waits for anything. */
  patienceMs?: number;
};

/** The answer "put this call into a later batch". */
export const AGAIN: unique symbol = Symbol('again');

/** How long calls wait for company beside a busy writer. A batch takes a few milliseconds: longer is a wait for a lock. */
const COMPANY_MS = 50;
/** Long enough for the batches of other processes, which hold their locks for milliseconds. */
const LOCKED_MS = 10_000;
const PATIENCE_MS = 15_000;
/** Between two looks at rows that are locked. */
const LOOK_EVERY_MS = 100;
/** From so many times "again" on a call shares no batch with what it may collide with. */
const APART_AFTER = 2;

type Waiting<Request, Answer> = {
  request: Request;
  shards: readonly string[];
  /** When it was handed in, by a clock that only runs forward. */
  since: number;
  /** How often the answer was "again". */
  again: number;
  settled: boolean;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

export class GroupCommit<Request, Answer> {
  readonly #options: GroupCommitOptions<Request, Answer>;
  /** Shards of the batches that are running. */
  readonly #running = new Set<string>();
  #queue: Waiting<Request, Answer>[] = [];
  /** Calls that met a locked row: each is tried by itself, beside the batches. */
  #aside: Waiting<Request, Answer>[] = [];
  #busy = 0;
  #scheduled = false;
  #companyAwaited = false;

  constructor(options: GroupCommitOptions<Request, Answer>) {
    this.#options = options;
  }

  /** Hands in one call; settles with its own answer or its own error, `unavailable` when it waited too long. */
  submit(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const shards = this.#shardsOf(request);
      const patience = setTimeout(() => this.#giveUp(waiting), this.#options.patienceMs ?? PATIENCE_MS);
      const settle = () => {
        waiting.settled = true;
        clearTimeout(patience);
      };
      const waiting: Waiting<Request, Answer> = {
        request,
        shards,
        since: performance.now(),
        again: 0,
        settled: false,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#queue.push(waiting);
      this.#schedule();
    });
  }

  #shardsOf(request: Request): readonly string[] {
    const shard = this.#options.shardOf(request);
    return typeof shard === 'string' ? [shard] : shard;
  }

  #giveUp(waiting: Waiting<Request, Answer>): void {
    this.#queue = this.#queue.filter((other) => other !== waiting);
    waiting.reject(new BoonError('unavailable', 'The ledger did not answer in time.'));
  }

  /** Starts writers at the end of this turn of the event loop: calls made in one turn go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#busy < this.#options.writers) {
        const batch = this.#take();
        if (batch.length === 0) break;
        void this.#write(batch);
      }
    });
  }

  /** The next batch: of the calls that wait longest, those that no running batch keeps waiting. Empty: not yet. */
  #take(): Waiting<Request, Answer>[] {
    const { writers, most, join } = this.#options;
    const ready = this.#ready();
    if (ready.length === 0 || (this.#busy > 0 && ready.length < join && this.#awaitsCompany(ready)))
      return [];
    const free = Math.min(writers - this.#busy, Math.floor(ready.length / join));
    const share = free < 2 || isOneShard(ready) ? ready.length : Math.ceil(ready.length / free);
    const batch = new Set(together(ready, Math.min(share, most)));
    this.#queue = this.#queue.filter((waiting) => !batch.has(waiting));
    return [...batch];
  }

  /** The calls whose shards are free. One that waits keeps its shards from those that came later. */
  #ready(): Waiting<Request, Answer>[] {
    const kept = new Set(this.#running);
    const locked = new Set(this.#aside.map(({ shards }) => shards[0]));
    return this.#queue.filter(({ shards }) => {
      if (locked.size > 0 && shards.length > 0 && locked.has(shards[0])) return false;
      const free = !shards.some((shard) => kept.has(shard));
      if (!free) for (const shard of shards) kept.add(shard);
      return free;
    });
  }

  /** Whether these few still wait for more to come; then they are looked at again a little later. */
  #awaitsCompany(ready: Waiting<Request, Answer>[]): boolean {
    const waited = performance.now() - Math.min(...ready.map(({ since }) => since));
    if (waited >= COMPANY_MS) return false;
    if (!this.#companyAwaited) {
      this.#companyAwaited = true;
      setTimeout(() => {
        this.#companyAwaited = false;
        this.#schedule();
      }, COMPANY_MS - waited);
    }
    return true;
  }

  async #write(batch: Waiting<Request, Answer>[]): Promise<void> {
    this.#busy += 1;
    const shards = new Set(batch.flatMap((waiting) => waiting.shards));
    for (const shard of shards) this.#running.add(shard);
    await this.#run(batch, this.#aside.length === 0 ? 'usual' : 'short');
    for (const shard of shards) this.#running.delete(shard);
    this.#busy -= 1;
    this.#schedule();
  }

  async #run(batch: Waiting<Request, Answer>[], wait: LockWait): Promise<void> {
    try {
      const answers = await this.#options.run(
        batch.map((waiting) => waiting.request),
        wait,
      );
      const again = batch.filter((waiting, index) => {
        const answer = answers[index];
        if (answer === AGAIN) return true;
        waiting.resolve(answer as Answer);
        return false;
      });
      this.#goAgain(again);
    } catch (error) {
      // One call that the database cannot take must not fail its neighbours: each is tried alone. Not so when the
      // database is away: then each would wait for it in turn.
      const away = error instanceof BoonError && error.code === 'unavailable';
      if (batch.length > 1 && !away) for (const waiting of batch) await this.#runAlone(waiting);
      else if (isLocked(error)) for (const waiting of batch) this.#putAside(waiting);
      else for (const waiting of batch) waiting.reject(error);
    }
  }

  /** Not tried where another was just found locked: the others of its batch wait meanwhile. */
  async #runAlone(waiting: Waiting<Request, Answer>): Promise<void> {
    const [own] = waiting.shards;
    if (own !== undefined && this.#aside.some(({ shards }) => shards[0] === own)) this.#putAside(waiting);
    else await this.#run([waiting], 'short');
  }

  /** Ahead of all that came later, in their order. */
  #goAgain(calls: Waiting<Request, Answer>[]): void {
    const front: Waiting<Request, Answer>[] = [];
    for (const waiting of calls) {
      if (waiting.settled) continue;
      waiting.again += 1;
      try {
        waiting.shards = this.#shardsOf(waiting.request);
        front.push(waiting);
      } catch (error) {
        waiting.reject(error);
      }
    }
    if (front.length > 0) this.#queue = [...front, ...this.#queue];
  }

  #putAside(waiting: Waiting<Request, Answer>): void {
    this.#aside.push(waiting);
    if (this.#aside.length === 1) void this.#serveAside();
  }

  /** Tries those that met a locked row, one by one, until each has its answer or has waited for too long. */
  async #serveAside(): Promise<void> {
    while (this.#aside.length > 0) {
      await sleep(LOOK_EVERY_MS);
      const locked = new Set<string>();
      for (const waiting of [...this.#aside]) {
        if (await this.#staysAside(waiting, locked)) continue;
        this.#aside = this.#aside.filter((other) => other !== waiting);
      }
      this.#schedule();
    }
  }

  /** Tries one of them, unless what it changes is among what was found `locked` in this round. */
  async #staysAside(waiting: Waiting<Request, Answer>, locked: Set<string>): Promise<boolean> {
    if (waiting.settled) return false;
    if (performance.now() - waiting.since >= (this.#options.lockedMs ?? LOCKED_MS)) {
      waiting.reject(new BoonError('unavailable', 'Something else has locked what this would change.'));
      return false;
    }
    const [own] = waiting.shards;
    if (own !== undefined && locked.has(own)) return true;
    const found = await this.#isLocked(waiting);
    if (found && own !== undefined) locked.add(own);
    return found;
  }

  async #isLocked(waiting: Waiting<Request, Answer>): Promise<boolean> {
    try {
      const [answer] = await this.#options.run([waiting.request], 'short');
      if (answer === AGAIN) this.#goAgain([waiting]);
      else waiting.resolve(answer as Answer);
      return false;
    } catch (error) {
      if (isLocked(error)) return true;
      waiting.reject(error);
      return false;
    }
  }
}

/** The first so many. A call that was often sent again shares no batch with those that lock what it locks. */
function together<W extends { shards: readonly string[]; again: number }>(ready: W[], most: number): W[] {
  if (!ready.some(({ again }) => again >= APART_AFTER)) return ready.slice(0, most);
  const batch: W[] = [];
  const taken = new Set<string>();
  const apart = new Set<string>();
  for (const waiting of ready) {
    const { shards } = waiting;
    const alone = waiting.again >= APART_AFTER;
    if (alone && shards.length === 0) {
      if (batch.length === 0) return [waiting];
      continue;
    }
    if (shards.some((shard) => (alone ? taken : apart).has(shard))) continue;
    for (const shard of shards) {
      taken.add(shard);
      if (alone) apart.add(shard);
    }
    batch.push(waiting);
    if (batch.length === most) break;
  }
  return batch;
}

/** Whether all the calls lock the same, so that only one writer can take them. */
function isOneShard(waiting: readonly { shards: readonly string[] }[]): boolean {
  const first = waiting[0]?.shards[0];
  return waiting.every(({ shards }) => shards.length === 1 && shards[0] === first);
}
