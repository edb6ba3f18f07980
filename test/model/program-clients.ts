/** A scenario done by many clients at once, through several ledgers: nothing is predicted, everything must hold. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { later, START } from '../support/test-ledger.ts';
import type { Answer } from './program-answer.ts';
import { ask, type Call } from './program-calls.ts';
import type { ProgramCommand } from './program-command.ts';
import type { ProgramScenario } from './program-commands.ts';
import { ProgramNames } from './program-names.ts';
import { PROGRAM_PEOPLE } from './program-people.ts';
import { policyOf } from './program-rules.ts';

/** What clients share: the time, and what there is. */
export class ProgramClients {
  readonly #ledgers: readonly [Ledger, ...Ledger[]];
  readonly #names = new ProgramNames();
  #now = START;
  /** What no client should ever see. */
  readonly faults: unknown[] = [];
  done = 0;
  refused = 0;

  constructor(ledgers: readonly [Ledger, ...Ledger[]]) {
    this.#ledgers = ledgers;
  }

  /** Deals the commands to the clients; each does its own, one after the other. */
  async play(scenario: ProgramScenario, clients: number): Promise<void> {
    const [first] = this.#ledgers;
    for (const ledger of this.#ledgers) await ledger.usePolicy(policyOf(scenario.choice), START);
    for (const { id, ...put } of PROGRAM_PEOPLE) await this.#send(first, { do: 'put', id, put });
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const ledger = this.#ledgers[client % this.#ledgers.length] ?? first;
        for (let n = client; n < scenario.commands.length; n += clients) {
          const command = scenario.commands[n];
          if (command !== undefined) await this.#perform(ledger, command);
        }
      }),
    );
  }

  /** Lets time do its work until no referral, gift or reset is open any more; answers what is left. */
  async end(): Promise<unknown[]> {
    const [ledger] = this.#ledgers;
    const { people, gifts, referrals } = this.#names;
    for (const id of people)
      await this.#send(ledger, { do: 'put', id, put: { plan: 'plus', status: 'active' } });
    for (let weeks = 0; weeks < 20; weeks++) {
      this.#now = later(this.#now, { days: 7 });
      for (const what of ['expire referrals', 'last moment', 'return resets', 'expire resets'] as const)
        await this.#send(ledger, { do: what });
      for (const id of referrals) await this.#send(ledger, { do: 'reward', id });
      await this.#send(ledger, { do: 'settle', ids: gifts });
    }
    const { data: open } = await ledger.openReferrals(later(this.#now, { days: 400 }), { limit: 10 });
    const overdue = await ledger.overdueGifts(later(this.#now, { days: 400 }), 10);
    const banked = await Promise.all(
      people.map(async (id) => (await ledger.limits(id, this.#now)).resets_available),
    );
    return [...open, ...overdue, ...banked.filter((resets) => resets > 0)];
  }

  async #perform(ledger: Ledger, command: ProgramCommand): Promise<void> {
    if (command.do === 'wait') {
      // Not so far that everything ends between two commands.
      const ms = typeof command.for === 'number' ? Math.min(command.for, 3_600_000) : 6 * 3_600_000;
      this.#now = later(this.#now, { ms });
      return;
    }
    const owner = this.#names.ownerIn(command);
    const resets = owner === undefined ? [] : await this.#resetsOf(ledger, owner);
    const calls = this.#names.calls(command, { now: Date.parse(this.#now), resets });
    for (let next = calls.next(); next.done !== true; )
      next = calls.next(await this.#send(ledger, next.value));
  }

  /** The one that expires soonest comes last: it is chosen most. */
  async #resetsOf(ledger: Ledger, owner: string): Promise<string[]> {
    try {
      return (await ledger.listResets(owner, this.#now)).data.map(({ id }) => id).toReversed();
    } catch {
      return []; // An account that another client has named and not made yet.
    }
  }

  async #send(ledger: Ledger, call: Call): Promise<Answer> {
    try {
      const answer = await ask(ledger, call, this.#now);
      if ('refused' in answer) this.refused += 1;
      else this.done += 1;
      return answer;
    } catch (error) {
      this.faults.push({ call, error });
      return { refused: 'fault' };
    }
  }
}
