/** One scenario, done to the ledger and to the model at once; every answer and every row is compared. */
import { expect } from 'vitest';
import { START, type TestLedger } from '../support/test-ledger.ts';
import type { Answer } from './program-answer.ts';
import { ask, type Call } from './program-calls.ts';
import type { ProgramCommand } from './program-command.ts';
import type { ProgramScenario } from './program-commands.ts';
import { ProgramModel } from './program-model.ts';
import { ProgramNames } from './program-names.ts';
import { PROGRAM_PEOPLE } from './program-people.ts';
import { DAY, policyOf, rulesOf } from './program-rules.ts';
import { emptyProgram, expectLikeProgramModel, type ProgramState, readProgram } from './program-state.ts';

/** How often each thing came out, so that a test can show that nothing was left out. */
export type Tally = Map<string, number>;

/** What tells of a referral that ran out. */
const RAN_OUT = { events: '', referrals: '', untold_ends: '' };

export class ProgramRun {
  readonly #own: TestLedger;
  readonly #model: ProgramModel;
  readonly #names = new ProgramNames();
  readonly #tally: Tally;
  #now = Date.parse(START);
  #state: ProgramState;

  private constructor(own: TestLedger, scenario: ProgramScenario, tally: Tally, state: ProgramState) {
    this.#own = own;
    this.#model = new ProgramModel(rulesOf(scenario.choice));
    this.#tally = tally;
    this.#state = state;
  }

  /** Runs a scenario on the emptied database. @throws AssertionError where ledger and model differ. */
  static async play(own: TestLedger, scenario: ProgramScenario, tally: Tally): Promise<void> {
    await emptyProgram(own);
    await own.ledger.usePolicy(policyOf(scenario.choice), START);
    const run = new ProgramRun(own, scenario, tally, await readProgram(own, Date.parse(START)));
    for (const { id, ...put } of PROGRAM_PEOPLE) await run.#send({ do: 'put', id, put });
    for (const command of scenario.commands) await run.#perform(command);
    expect((await own.ledger.verify()).violations).toEqual([]);
  }

  async #perform(command: ProgramCommand): Promise<void> {
    if (command.do === 'wait') {
      this.#now = Math.max(this.#now, this.#until(command));
      return;
    }
    const owner = this.#names.ownerIn(command);
    const resets = this.#model.resets.resets.filter(({ account }) => account === owner).map(({ id }) => id);
    const calls = this.#names.calls(command, { now: this.#now, resets });
    for (let next = calls.next(); next.done !== true; ) next = calls.next(await this.#send(next.value));
  }

  #until(wait: Extract<ProgramCommand, { do: 'wait' }>): number {
    if (typeof wait.for === 'number') return this.#now + wait.for;
    const banked = this.#model.resets.resets.filter(({ status }) => status === 'available');
    const moments = wait.for === 'expiry' ? banked.map(({ expiresAt }) => expiresAt) : this.#model.moments();
    const next = moments.filter((moment) => moment > this.#now);
    return Math.min(this.#now + 31 * DAY, ...next) + wait.off;
  }

  async #send(call: Call): Promise<Answer> {
    const at = new Date(this.#now).toISOString();
    const ended = this.#ended();
    const expected = this.#model.answer(call, this.#now);
    const ranOut = this.#ended() > ended;
    const actual = await ask(this.#own.ledger, call, at);
    expect({ call, at, answer: actual }).toEqual({ call, at, answer: expected });
    const before = this.#state.digest;
    this.#state = await readProgram(this.#own, this.#now);
    // A refusal stores nothing, unless it is for what ran out by itself, which is told then.
    const stored = (digest: Record<string, string>) => (ranOut ? { ...digest, ...RAN_OUT } : digest);
    if ('refused' in actual)
      expect({ call, stored: stored(this.#state.digest) }).toEqual({ call, stored: stored(before) });
    expectLikeProgramModel(this.#state, this.#model, this.#now);
    this.#count(call, actual);
    return actual;
  }

  #ended(): number {
    return [...this.#model.referrals.referrals.values()].filter(({ status }) => status === 'expired').length;
  }

  #count(call: Call, answer: Answer): void {
    const said =
      'refused' in answer ? `refused ${answer.refused} ${answer.reason ?? ''}` : saidOf(answer.value);
    const label = `${call.do} ${said}`.trim();
    this.#tally.set(label, (this.#tally.get(label) ?? 0) + 1);
  }
}

/** What happened to it, in a few words. */
function saidOf(value: unknown): string {
  if (typeof value === 'number') return value === 0 ? 'none' : 'some';
  if (Array.isArray(value)) return saidOf(value[0]);
  if (typeof value !== 'object' || value === null) return '';
  const { status, reason_code, outcome } = value as Record<string, string | null | undefined>;
  return [status, reason_code, outcome].filter((word) => word != null).join(' ');
}
