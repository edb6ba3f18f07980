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
   * How many calls must wait before another writer joins one that is busy. A batch has a fixed cost, so a few
   * calls are cheaper in one batch after the other than in two small ones beside each other.
   */
  join: number;
  /** Calls with equal shards are never in two batches at once, so that they do not wait for each other's locks. */
  shardOf: (request: Request) => string;
  /** Runs a batch and answers in its order; `AGAIN` asks for the call to go into a later batch. */
  run: (batch: Request[]) => Promise<(Answer | typeof AGAIN)[]>;
};

/** The answer "put this call into a later batch". */
export const AGAIN: unique symbol = Symbol('again');

type Waiting<Request, Answer> = {
  request: Request;
  shard: string;
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
      this.#queue.push({ request, shard: this.#options.shardOf(request), resolve, reject });
      this.#schedule();
    });
  }

  /** Starts writers at the end of this turn of the event loop: calls made in one turn go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (
        this.#busy < this.#options.writers &&
        this.#queue.length >= (this.#busy === 0 ? 1 : this.#options.join)
      ) {
        const batch = this.#take();
        if (batch.length === 0) break;
        void this.#write(batch);
      }
    });
  }

  /** The next batch: the calls that wait longest, without those whose shard is in a running batch. */
  #take(): Waiting<Request, Answer>[] {
    const batch: Waiting<Request, Answer>[] = [];
    const rest: Waiting<Request, Answer>[] = [];
    for (const waiting of this.#queue) {
      const fits = batch.length < this.#options.most && !this.#running.has(waiting.shard);
      (fits ? batch : rest).push(waiting);
    }
    this.#queue = rest;
    return batch;
  }

  async #write(batch: Waiting<Request, Answer>[]): Promise<void> {
    this.#busy += 1;
    const shards = new Set(batch.map((waiting) => waiting.shard));
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
