/** The harness's clock: the one of the time-skipping Temporal server, which the ledger and the API follow. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** Kept from before a test may replace them by fake timers: the server's clock is not faked with them. */
const realNow = Date.now.bind(Date);
const { setTimeout: realTimeout } = globalThis;

export class TestClock {
  readonly #environment: TestWorkflowEnvironment;
  /** How far the server's clock is ahead of the machine's. Between two jumps it runs like any clock. */
  #ahead = 0;

  constructor(environment: TestWorkflowEnvironment) {
    this.#environment = environment;
  }

  now(): Date {
    return new Date(realNow() + this.#ahead);
  }

  /** Reads the server's clock. */
  async synchronise(): Promise<void> {
    this.#ahead = (await this.#environment.currentTimeMs()) - realNow();
  }

  /** Lets the server's clock jump forward; its timers fire on the way. A moment that has passed changes nothing. */
  async jumpTo(moment: Date): Promise<void> {
    await this.synchronise();
    const milliseconds = moment.getTime() - this.now().getTime();
    if (milliseconds > 0) await this.#environment.sleep(milliseconds);
    await this.synchronise();
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
