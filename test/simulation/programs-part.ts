/** Referrals, banked resets, their gifts, and campaigns, as the plain model has them. */
import { expect } from 'vitest';
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import type { Answer } from '../model/program-answer.ts';
import { ask, type Call } from '../model/program-calls.ts';
import type { ProgramCommand } from '../model/program-command.ts';
import { ProgramModel } from '../model/program-model.ts';
import { ProgramNames } from '../model/program-names.ts';
import { PROGRAM_PEOPLE } from '../model/program-people.ts';
import { type Choice, DAY, rulesOf } from '../model/program-rules.ts';
import { expectLikeProgramModel, PROGRAM_STATE, type ProgramState } from '../model/program-state.ts';
import type { Part, Turn } from './part.ts';
import type { SweepKind } from './sweep-kinds.ts';
import type { World } from './world.ts';

const ENDED = ['settled', 'canceled', 'rejected'];
const RESETS =
  'SELECT r.id::text, r.account_id AS account FROM boon.resets r WHERE r.account_id = ANY ($1) ORDER BY r.id';

export class ProgramsPart implements Part {
  readonly #world: World;
  readonly #model: ProgramModel;
  readonly #names = new ProgramNames();

  private constructor(world: World, choice: Choice) {
    this.#world = world;
    this.#model = new ProgramModel(rulesOf(choice));
  }

  static async begin(world: World, choice: Choice): Promise<ProgramsPart> {
    return new ProgramsPart(world, choice);
  }

  /** Its people come in, among others. */
  async people(turn: Turn): Promise<void> {
    for (const { id, ...put } of PROGRAM_PEOPLE) await this.#send({ do: 'put', id, put }, turn);
  }

  /** Campaigns look at everybody, so that the model knows the other parts' accounts too. */
  heardOf(id: string, put: AccountPut, at: string): void {
    if (!this.#names.people.includes(id)) this.#model.answer({ do: 'put', id, put }, Date.parse(at));
  }

  async perform(command: ProgramCommand, turn: Turn): Promise<number> {
    if (command.do === 'wait') return Math.max(turn.now, this.#until(command, turn.now));
    // Sweeps bring resets too.
    await this.#learnIds();
    const owner = this.#names.ownerIn(command);
    const resets = this.#model.resets.resets.filter(({ account }) => account === owner).map(({ id }) => id);
    const calls = this.#names.calls(command, { now: turn.now, resets });
    for (let next = calls.next(); next.done !== true; )
      next = calls.next(this.#isDone(next.value) ? { value: null } : await this.#send(next.value, turn));
    return turn.now;
  }

  swept(kind: SweepKind, at: number, changed: ReadonlyMap<string, number>): void {
    if (kind === 'expire lots') return;
    const answer = this.#model.answer({ do: kind }, at);
    const value = 'value' in answer ? answer.value : undefined;
    const own = this.#names.people.reduce((sum, id) => sum + (changed.get(id) ?? 0), 0);
    expect({ kind, changed: own }).toEqual({ kind, changed: Array.isArray(value) ? value.length : value });
  }

  async check(now: number): Promise<void> {
    const [row] = await this.#world.read<ProgramState>(
      'programs part',
      PROGRAM_STATE.replaceAll('p_at', '$1::timestamptz'),
      [new Date(now).toISOString()],
    );
    if (row === undefined) throw new Error('the database did not answer');
    const { people } = this.#names;
    const { campaigns, gifts } = this.#model;
    const own = (id: unknown) => people.includes(String(id));
    const state = {
      ...row,
      windows: row.windows.filter(({ account }) => own(account)),
      gifts: row.gifts.filter(({ id }) => gifts.gifts.has(String(id))),
      campaigns: row.campaigns.filter(({ id }) => campaigns.campaigns.has(String(id))),
    };
    expectLikeProgramModel(state, this.#model, now, people);
  }

  /** Everybody is active again; what is due is done. */
  async settle(turn: Turn): Promise<void> {
    for (const { id, status } of [...this.#model.people.values()])
      if (status !== 'active' && this.#names.people.includes(id))
        await this.#send({ do: 'put', id, put: { plan: 'plus', status: 'active' } }, turn);
    await this.perform({ do: 'reward all' }, turn);
    await this.perform({ do: 'settle' }, turn);
    for (const { id, status } of [...this.#model.campaigns.campaigns.values()]) {
      if (status === 'paused' || status === 'ongoing')
        await this.#send(
          { do: 'act on campaign', request: { key: `end/${id}`, campaign_id: id, action: 'cancel' } },
          turn,
        );
      else if (status === 'running') await this.#send({ do: 'page', id, size: 1_000 }, turn);
    }
  }

  #isDone(call: Call): boolean {
    if (call.do === 'settle')
      return call.ids.every((id) => ENDED.includes(this.#model.gifts.gifts.get(id)?.status ?? 'canceled'));
    const referral = call.do === 'reward' ? this.#model.referrals.referrals.get(call.id) : undefined;
    return referral !== undefined && ['rewarded', 'expired', 'canceled'].includes(referral.status);
  }

  #until(wait: Extract<ProgramCommand, { do: 'wait' }>, now: number): number {
    if (typeof wait.for === 'number') return now + wait.for;
    const banked = this.#model.resets.resets.filter(({ status }) => status === 'available');
    const moments = wait.for === 'expiry' ? banked.map(({ expiresAt }) => expiresAt) : this.#model.moments();
    const next = moments.filter((moment) => moment > now);
    return Math.min(now + 31 * DAY, ...next) + wait.off;
  }

  async #send(call: Call, { ledger, now }: Turn): Promise<Answer> {
    const at = new Date(now).toISOString();
    await this.#learnIds();
    const expected = this.#model.answer(call, now);
    const actual = await ask(ledger, call, at);
    expect({ call, at, answer: actual }).toEqual({ call, at, answer: expected });
    await this.#learnIds();
    return actual;
  }

  /** The model's resets learn the ids of theirs. */
  async #learnIds(): Promise<void> {
    const { resets } = this.#model.resets;
    const nameless = [...new Set(resets.filter(({ id }) => id === '').map(({ account }) => account))];
    if (nameless.length === 0) return;
    const rows = await this.#world.read<{ id: string; account: string }>('reset ids', RESETS, [nameless]);
    for (const owner of nameless) {
      const mine = resets.filter(({ account }) => account === owner);
      const stored = rows.filter(({ account }) => account === owner);
      for (const [n, row] of stored.entries()) if (mine[n] !== undefined) mine[n].id ||= row.id;
    }
  }
}
