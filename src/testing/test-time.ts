/** The test's hold on time: it stands still, goes on by an amount, or runs. One thing after another. */
import { takingTurns } from '../workflows/turns.ts';
import { postExpiries } from './due-sweeps.ts';
import { pause } from './test-clock.ts';
import { bringAbout, travelTo } from './time-travel.ts';
import type { Traveller } from './traveller.ts';

/** How often what has become due is looked for while time runs. */
const LOOK_EVERY_MS = 100;
/** How often expiries are posted then. */
const SWEEP_EVERY_MS = 60_000;

export class TestTime {
  readonly #traveller: Traveller;
  readonly #inTurn = takingTurns();
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  constructor(traveller: Traveller) {
    this.#traveller = traveller;
  }

  /** Goes to the moment that `target` makes of the present. One that has passed moves nothing. */
  travel(target: (now: Date) => Date): Promise<void> {
    return this.#inTurn(async () => {
      this.report();
      const { clock } = this.#traveller;
      const moment = target(clock.now());
      clock.freeze();
      try {
        await travelTo(new Date(Math.max(moment.getTime(), clock.now().getTime())), this.#traveller);
      } finally {
        if (this.#isRunning) clock.run();
      }
    });
  }

  run(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isRunning) return;
      const { clock } = this.#traveller;
      // The server's clock may have stayed short of a deadline.
      await clock.moveTo(clock.now());
      clock.run();
      this.#isRunning = true;
      this.#running = this.#keepUp();
    });
  }

  async freeze(): Promise<void> {
    const ran = await this.#inTurn(async () => this.stop());
    if (!ran) return;
    await this.#running;
    await this.travel((now) => now);
  }

  /** Lets time stand and nothing more happen, without waiting for anything. @returns whether it ran. */
  stop(): boolean {
    const ran = this.#isRunning;
    this.#isRunning = false;
    this.#traveller.clock.freeze();
    return ran;
  }

  /** Throws what went wrong while time ran, once. */
  report(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** While time runs, does what Boon's schedules do. */
  async #keepUp(): Promise<void> {
    const { clock } = this.#traveller;
    let since = clock.now();
    let sweptAt = since;
    const look = async () => {
      if (!this.#isRunning) return;
      const now = clock.now();
      await bringAbout(this.#traveller, since);
      since = now;
      if (now.getTime() - sweptAt.getTime() < SWEEP_EVERY_MS) return;
      sweptAt = now;
      await postExpiries(this.#traveller);
    };
    try {
      while (this.#isRunning) {
        await pause(LOOK_EVERY_MS);
        await this.#inTurn(look);
      }
    } catch (error) {
      // Nobody waits for it: whoever moves time next gets the failure. What ended with the harness is no failure.
      if (this.#isRunning) this.#failure = { error };
    }
  }
}
