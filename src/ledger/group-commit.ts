/**
 * Group commit: concurrent calls are gathered into one database call. While a writer is busy the calls wait in
 * one queue; when it is free it takes them together. A lone call waits for one turn of the event loop.
 */
import { BoonError } from '../contracts/errors.ts';

export type GroupCommitOptions<Request, Answer> = {
  /** Writers that may be busy at once. Two saturate a server with two cores; more contend. */
  writers: number;
  /** The most calls in one batch: larger ones hold their locks too long. */
  most: number;
  /**
   * The fewest calls for which a further writer is worth its batch's fixed cost: twice as many are shared by two
   * writers, and so many must wait for one to join another that is busy.
   */
  join: number;
  /**
   * What a call locks. Calls with a shard in common are never in two batches at once, so that they do not wait for
   * each other's locks.
   */
  shardOf: (request: Request) => string | readonly string[];
  /** Runs a batch and answers in its order; `AGAIN` asks for the call to go into a later batch. */
  run: (batch: Request[]) => Promise<(Answer | typeof AGAIN)[]>;
};

/** The answer "put this call into a later batch". */
export const AGAIN: unique symbol = Symbol('again');

type Waiting<Request, Answer> = {
  request: Request;
  shards: readonly string[];
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

export class GroupCommit<Request, Answer> {
  readonly #options: GroupCommitOptions<Request, Answer>;
  /** Shards of the batches that are running. */
  readonly #running = new Set<string>();
  #queue: Waiting<Request, Answer>[] = [];
  #busy = 0;
  #scheduled = false;

  constructor(options: GroupCommitOptions<Request, Answer>) {
    this.#options = options;
  }

  /** Hands in one call; settles with its own answer or its own error. */
  submit(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const shard = this.#options.shardOf(request);
      const shards = typeof shard === 'string' ? [shard] : shard;
      this.#queue.push({ request, shards, resolve, reject });
      this.#schedule();
    });
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
    const ready = this.#queue.filter(({ shards }) => !shards.some((shard) => this.#running.has(shard)));
    if (ready.length < (this.#busy === 0 ? 1 : join)) return [];
    const free = Math.min(writers - this.#busy, Math.floor(ready.length / join));
    const share = free < 2 || isOneShard(ready) ? ready.length : Math.ceil(ready.length / free);
    const batch = new Set(ready.slice(0, Math.min(share, most)));
    this.#queue = this.#queue.filter((waiting) => !batch.has(waiting));
    return [...batch];
  }

  async #write(batch: Waiting<Request, Answer>[]): Promise<void> {
    this.#busy += 1;
    const shards = new Set(batch.flatMap((waiting) => waiting.shards));
    for (const shard of shards) this.#running.add(shard);
    await this.#run(batch);
    for (const shard of shards) this.#running.delete(shard);
    this.#busy -= 1;
    this.#schedule();
  }

  async #run(batch: Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map((waiting) => waiting.request));
      batch.forEach((waiting, index) => {
        const answer = answers[index];
        if (answer === AGAIN) this.#queue.push(waiting);
        else waiting.resolve(answer as Answer);
      });
    } catch (error) {
      // One call that the database cannot take must not fail its neighbours: each is tried alone. Not so when the
      // database is away: then each would wait for it in turn.
      const away = error instanceof BoonError && error.code === 'unavailable';
      if (away || batch.length === 1) for (const waiting of batch) waiting.reject(error);
      else for (const waiting of batch) await this.#run([waiting]);
    }
  }
}

/** Whether all the calls lock the same, so that only one writer can take them. */
function isOneShard(waiting: readonly { shards: readonly string[] }[]): boolean {
  const first = waiting[0]?.shards[0];
  return waiting.every(({ shards }) => shards.length === 1 && shards[0] === first);
}
