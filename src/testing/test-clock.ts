/**
 * The harness's two clocks. The test's stands still, or runs when told to: the ledger, the API and the test read it. The
 * server's, of the time-skipping Temporal server, cannot be stopped: it only wakes processes, and the times that
 * they pass to the ledger are the test's.
 */
import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** Kept from before a test may replace them by fake timers: the server's clock is not faked with them. */
const realNow = Date.now.bind(Date);
const { setTimeout: realTimeout } = globalThis;

/** The present as a test writes it down passes while the servers start. */
const STARTING_MS = 60_000;

/** The server, as far as its clock goes. */
type Server = Pick<TestWorkflowEnvironment, 'currentTimeMs' | 'sleep'>;

/** The clock of the test. */
export class TestClock {
  readonly #environment: Server;
  /** How far the server's clock is ahead of the machine's. Between two jumps it runs like any clock. */
  #serverAhead = 0;
  /** The test's present, in epoch milliseconds; while it runs, the one that it began to run at. */
  #moment = 0;
  /** The machine's time when it began to run; undefined while it stands still. */
  #runsSince: number | undefined;
  /** Where the jump that is being made began. */
  #jumpFrom: number | undefined;

  private constructor(environment: Server) {
    this.#environment = environment;
  }

  /**
   * A clock that stands still at the server's present, or at `startAt`.
   * @throws RangeError for a moment that has passed: the server's clock only goes forward.
   */
  static async of(environment: Server, startAt?: Date): Promise<TestClock> {
    const clock = new TestClock(environment);
    await clock.#readServer();
    const present = clock.server();
    const start = startAt ?? present;
    if (start.getTime() < present.getTime() - STARTING_MS) {
      throw new RangeError(
        `startAt is ${start.toISOString()}, and must not be before the present, ${present.toISOString()}`,
      );
    }
    clock.#moment = start.getTime();
    await clock.moveTo(start);
    return clock;
  }

  /** The test's present. */
  now(): Date {
    return new Date(this.#now());
  }

  /** The server's present. Delays of a start are counted from it, for it is what ends them. */
  server(): Date {
    return new Date(realNow() + this.#serverAhead);
  }

  get isRunning(): boolean {
    return this.#runsSince !== undefined;
  }

  run(): void {
    this.#runsSince ??= realNow();
  }

  freeze(): void {
    this.#moment = this.#now();
    this.#runsSince = undefined;
  }

  /**
   * Moves the test's clock to a moment and has the server's reach another one, unless it has; its timers fire on the way.
   * @throws RangeError for a moment before the test's present.
   */
  async moveTo(moment: Date, server: Date = moment): Promise<void> {
    const from = this.#now();
    if (moment.getTime() < from) throw new RangeError('Time only goes forward');
    this.#moment = moment.getTime();
    if (this.isRunning) this.#runsSince = realNow();
    this.#jumpFrom = from;
    try {
      await this.#readServer();
      const milliseconds = server.getTime() - this.server().getTime();
      if (milliseconds > 0) await this.#environment.sleep(milliseconds);
      await this.#readServer();
    } finally {
      this.#jumpFrom = undefined;
    }
  }

  /**
   * The time that the ledger gets when a process says that it is `told`, by the server's clock: the test's present.
   * Only of a wait that ends in the middle of a jump, the next try of a mail for instance, is the process's own time
   * the better one.
   */
  momentOf(told: string): string {
    const now = this.#now();
    const own = Math.max(Date.parse(told), this.#jumpFrom ?? now);
    return new Date(Math.min(own, now)).toISOString();
  }

  #now(): number {
    return this.#moment + (this.#runsSince === undefined ? 0 : realNow() - this.#runsSince);
  }

  async #readServer(): Promise<void> {
    this.#serverAhead = (await this.#environment.currentTimeMs()) - realNow();
  }
}

/** Waits in real time. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => realTimeout(resolve, milliseconds));
}

/** Milliseconds of real time that go only forward. */
export function elapsed(): number {
  return realNow();
}
