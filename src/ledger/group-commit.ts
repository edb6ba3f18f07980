/**
 * Group commit: concurrent calls are gathered into one database call. While a writer is busy the calls for it
 * queue up; when it is free it takes them together. A lone call waits for nothing.
 */

export type GroupCommitOptions<Request, Answer> = {
  /** Writers that may be busy at once. Two saturate a server with two cores; more contend. */
  writers: number;
  /** The most calls in one batch: larger ones hold their locks too long. */
  most: number;
  /** Calls with equal shards go to the same writer, so that one account's calls never wait for each other's locks. */
  shardOf: (request: Request) => string;
  /** Runs a batch and answers in its order; `again` asks for the call to go into a later batch. */
  run: (batch: Request[]) => Promise<(Answer | typeof AGAIN)[]>;
};

/** The answer "put this call into a later batch". */
export const AGAIN: unique symbol = Symbol('again');

type Waiting<Request, Answer> = {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

export class GroupCommit<Request, Answer> {
  readonly #options: GroupCommitOptions<Request, Answer>;
  readonly #queues: Waiting<Request, Answer>[][];
  readonly #busy: boolean[];

  constructor(options: GroupCommitOptions<Request, Answer>) {
    this.#options = options;
    this.#queues = Array.from({ length: options.writers }, () => []);
    this.#busy = Array.from({ length: options.writers }, () => false);
  }

  /** Hands in one call; settles with its own answer or its own error. */
  submit(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const writer = hash(this.#options.shardOf(request)) % this.#queues.length;
      this.#queues[writer]?.push({ request, resolve, reject });
      if (!this.#busy[writer]) void this.#drain(writer);
    });
  }

  async #drain(writer: number): Promise<void> {
    const queue = this.#queues[writer] ?? [];
    this.#busy[writer] = true;
    // Calls made in the same turn of the event loop go together.
    await Promise.resolve();
    while (queue.length > 0) await this.#runBatch(queue, queue.splice(0, this.#options.most));
    this.#busy[writer] = false;
  }

  async #runBatch(queue: Waiting<Request, Answer>[], batch: Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map((waiting) => waiting.request));
      batch.forEach((waiting, index) => {
        const answer = answers[index];
        if (answer === AGAIN) queue.push(waiting);
        else waiting.resolve(answer as Answer);
      });
    } catch (error) {
      // One call that the database cannot take must not fail its neighbours: each is tried alone.
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const waiting of batch) await this.#runBatch(queue, [waiting]);
    }
  }
}

/** FNV-1a, for spreading shards over writers. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
