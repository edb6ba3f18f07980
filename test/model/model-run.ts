/** One scenario, done to the ledger and to the model at once; every answer and every row is compared. */
import { expect } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { formatCredits } from '../../src/domain/credits.ts';
import type { GrantRequest } from '../../src/ledger/accounts/grant-credits.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import { START, type TestLedger } from '../support/test-ledger.ts';
import { advance } from './advance.ts';
import type { Command, Scenario } from './commands.ts';
import {
  emptyDatabase,
  expectInvariants,
  expectLikeModel,
  type LedgerState,
  readState,
} from './ledger-state.ts';
import { type Answer, deadlineOf, iso, type Refused } from './model-gift.ts';
import { type ModelAction, ModelLedger } from './model-ledger.ts';
import { modelPeople, PEOPLE, PLAN, putPeople } from './people.ts';

type Outcome = { value: unknown; replayed: boolean } | { refused: Refused; replayed: boolean };
type Sent =
  | { kind: 'grant'; request: GrantRequest }
  | { kind: 'accept'; request: AcceptRequest }
  | { kind: 'act'; request: ModelAction; token: string | undefined };

/** How often each thing came out, so that a test can show that nothing was left out. */
export type Tally = Map<string, number>;

export class ModelRun {
  readonly #own: Pick<TestLedger, 'ledger'>;
  readonly #scenario: Scenario;
  readonly #model: ModelLedger;
  readonly #tally: Tally;
  readonly #sent: Sent[] = [];
  /** Balances as the model had them at the end of each moment. */
  readonly #moments = new Map<number, Map<string, object>>();
  #now = Date.parse(START);
  #serial = 0;

  private constructor(own: Pick<TestLedger, 'ledger'>, scenario: Scenario, tally: Tally) {
    this.#own = own;
    this.#scenario = scenario;
    this.#tally = tally;
    const [first] = scenario.policies;
    if (first === undefined) throw new Error('a scenario has a policy');
    this.#model = new ModelLedger(first);
    for (const person of modelPeople()) this.#model.accounts.set(person.id, person);
  }

  /** Policies, people and what each of them has at the start, in a database without any of them. */
  static async begin(
    own: Pick<TestLedger, 'ledger'>,
    scenario: Scenario,
    tally: Tally = new Map(),
  ): Promise<ModelRun> {
    for (const policy of scenario.policies.toReversed()) await own.ledger.usePolicy(policy, START);
    await putPeople(own.ledger);
    const run = new ModelRun(own, scenario, tally);
    const soon = iso(run.#now + 30 * 3_600_000);
    for (const id of run.#ids()) {
      await run.#send({ kind: 'grant', request: run.#grant(id, '30', 'purchased', null, true) });
      await run.#send({ kind: 'grant', request: run.#grant(id, '40', 'purchased', soon, true) });
    }
    return run;
  }

  get model(): ModelLedger {
    return this.#model;
  }

  get now(): number {
    return this.#now;
  }

  /** A clock that several runs share. */
  set now(now: number) {
    this.#now = now;
  }

  /** Runs a scenario on the emptied database. @throws AssertionError where ledger and model differ. */
  static async play(own: TestLedger, scenario: Scenario, tally: Tally): Promise<void> {
    await emptyDatabase(own);
    const run = await ModelRun.begin(own, scenario, tally);
    let state = await readState(own);
    for (const command of scenario.commands) state = await run.#step(command, own, state);
    await run.#comparePast();
    expect((await own.ledger.verify()).violations).toEqual([]);
  }

  async #step(command: Command, own: TestLedger, before: LedgerState): Promise<LedgerState> {
    const changes = await this.perform(command);
    const state = await readState(own);
    if (!changes) expect(state.digest).toBe(before.digest);
    expectInvariants(state);
    expectLikeModel(state, this.#model, this.#now);
    const balances = new Map<string, object>();
    for (const id of this.#ids()) balances.set(id, this.#balanceOf(id));
    this.#moments.set(this.#now, balances);
    return state;
  }

  #ids(): string[] {
    return [...this.#model.accounts.keys(), PROMOTIONAL_BUDGET];
  }

  #balanceOf(id: string): object {
    const { available, held, pendingIn } = this.#model.balance(id, this.#now);
    return {
      available: formatCredits(available),
      held: formatCredits(held),
      pending_in: formatCredits(pendingIn),
      lots: this.#model
        .usable(id, this.#now)
        .map(({ remaining }) => formatCredits(remaining))
        .toSorted(),
    };
  }

  /** Past balances are answered today as they were then: of each moment those of two accounts, in turn. */
  async #comparePast(): Promise<void> {
    for (const [n, [moment, balances]] of [...this.#moments].entries()) {
      const ids = this.#ids();
      for (const id of [ids[n % ids.length], ids[(n * 3 + 1) % ids.length]]) {
        if (id === undefined) continue;
        const { available, held, pending_in, lots } = await this.#own.ledger.balance(
          id,
          iso(this.#now),
          iso(moment),
        );
        const actual = {
          available,
          held,
          pending_in,
          lots: lots.map(({ remaining }) => remaining).toSorted(),
        };
        const expected = balances.get(id);
        expect({ id, moment: iso(moment), ...actual }).toEqual({ id, moment: iso(moment), ...expected });
      }
    }
  }

  /** Does it to both and compares the answers. @returns whether it may have changed anything. */
  async perform(command: Command): Promise<boolean> {
    const { ledger } = this.#own;
    const at = iso(this.#now);
    switch (command.do) {
      case 'grant': {
        const id = command.who === 6 ? PROMOTIONAL_BUDGET : this.#person(command.who);
        const expires = command.hours === null ? null : iso(this.#now + command.hours * 3_600_000);
        return this.#send({
          kind: 'grant',
          request: this.#grant(id, command.amount, command.source, expires, command.giftable),
        });
      }
      case 'give': {
        const to = this.#person(command.to);
        const request: AcceptRequest = {
          key: this.#newKey(),
          at,
          id: `gift-${this.#serial}`,
          from: this.#person(command.from),
          to: command.byEmail ? { email: `${to.toUpperCase()}@example.com` } : { account_id: to },
          amount: command.amount,
          funding: command.promotional ? 'promotional' : 'transfer',
          message: null,
        };
        return this.#send({ kind: 'accept', request });
      }
      case 'act': {
        const request = {
          key: this.#newKey(),
          gift_id: this.#gift(command.gift),
          action: command.action,
          reason: 'so',
        };
        return this.#send({ kind: 'act', request, token: undefined });
      }
      case 'claim': {
        const gift_id = this.#gift(command.gift);
        const known = (await ledger.giftAddresses([gift_id])).get(gift_id)?.token;
        const token = command.forged ? 'forged' : known;
        const request: ModelAction = {
          key: this.#newKey(),
          gift_id,
          action: 'claim',
          rightToken: !command.forged && known !== undefined,
          account_id: this.#person(command.who),
        };
        return this.#send({ kind: 'act', request, token });
      }
      case 'repeat':
        return this.#repeat(command.which, command.changed);
      case 'advance':
        await advance(ledger, this.#model, this.#now, this.#gift(command.gift));
        return true;
      case 'wait': {
        const deadlines = [
          ...this.#model.gifts.map(deadlineOf),
          ...this.#model.lots.map((lot) => (lot.remaining > 0n ? lot.expiresAt : null)),
        ].filter((time) => time !== null && time > this.#now);
        const next = deadlines.length === 0 ? this.#now + 1 : Math.min(...deadlines.map(Number));
        if (command.for === 'deadline') this.#now = next;
        else if (command.for === 'almost deadline') this.#now = Math.max(this.#now, next - 1);
        else this.#now += command.for;
        return false;
      }
      case 'expire': {
        const { lots } = await ledger.expireLots(at, 10_000);
        expect(lots).toBe(this.#model.expire(this.#now));
        return true;
      }
      case 'status': {
        const id = this.#person(command.who);
        this.#model.setStatus(id, command.status, this.#now);
        await ledger.putAccount(id, { plan: PLAN, status: command.status }, at);
        return true;
      }
      case 'policy': {
        const { policies } = this.#scenario;
        const policy = policies[command.which % policies.length];
        if (policy === undefined) return false;
        this.#model.use(policy);
        await ledger.usePolicy(policy, at);
        return false;
      }
    }
  }

  #newKey(): string {
    this.#serial += 1;
    return `key-${this.#serial}`;
  }

  #person(index: number): string {
    return PEOPLE[index % PEOPLE.length]?.id ?? 'nobody';
  }

  /** A gift: mostly one of the last, now and then any, or one that is not there. */
  #gift(index: number | 'all'): string {
    if (index === 'all') return index;
    const { gifts } = this.#model;
    const recent = gifts.slice(-3);
    const gift =
      index % 40 === 0
        ? undefined
        : index % 3 === 0
          ? gifts[index % gifts.length]
          : recent[index % recent.length];
    return gift?.id ?? 'no-such-gift';
  }

  #grant(
    account_id: string,
    amount: string,
    source: GrantRequest['source'],
    expires_at: string | null,
    giftable: boolean,
  ): GrantRequest {
    const at = iso(this.#now);
    return { key: this.#newKey(), at, account_id, amount, source, expires_at, giftable, reason: 'model' };
  }

  #repeat(which: number, changed: boolean): Promise<boolean> {
    const before = this.#sent[which % Math.max(this.#sent.length, 1)];
    if (before === undefined) return Promise.resolve(false);
    const again = structuredClone(before);
    if (changed) {
      if (again.kind === 'act') again.request.reason = 'otherwise';
      else again.request.amount = '2.25';
    }
    return this.#send(again);
  }

  /** Sends a request to both and compares the answers. @returns whether it may have changed anything. */
  async #send(sent: Sent): Promise<boolean> {
    this.#sent.push(sent);
    const [expected, actual] = await this.#both(sent);
    expect({ sent, ...actual }).toEqual({ sent, ...expected });
    const name = sent.kind === 'act' ? sent.request.action : sent.kind;
    const how =
      'refused' in actual ? `refused ${actual.refused.code} ${actual.refused.reasonCode ?? ''}` : 'done';
    const label = `${name} ${actual.replayed ? 'replayed ' : ''}${how}`.trim();
    this.#tally.set(label, (this.#tally.get(label) ?? 0) + 1);
    return !('refused' in actual || actual.replayed);
  }

  async #both(sent: Sent): Promise<[Outcome, Outcome]> {
    const { ledger } = this.#own;
    const at = iso(this.#now);
    if (sent.kind === 'grant') {
      const answer = this.#model.grant(sent.request, this.#now);
      const grant = outcomeOf(ledger.grant({ ...sent.request, at }), ({ granted, remaining }) => ({
        granted,
        remaining,
      }));
      const asLot = ({ granted }: { granted: bigint }) => ({
        granted: formatCredits(granted),
        remaining: formatCredits(granted),
      });
      return [inText(answer, asLot), await grant];
    }
    if (sent.kind === 'accept') {
      const answer = this.#model.accept(sent.request, this.#now);
      return [
        inText(answer, (gift) => gift),
        await outcomeOf(ledger.acceptGift({ ...sent.request, at }), (gift) => gift),
      ];
    }
    const answer = this.#model.act(sent.request, this.#now);
    const { rightToken: _rightToken, ...request } = sent.request;
    const call = ledger.actOnGift({ ...request, at, token: sent.token });
    return [inText(answer, (gift) => gift), await outcomeOf(call, (gift) => gift)];
  }
}

function inText<T>(answer: Answer<T> & { replayed: boolean }, write: (value: T) => unknown): Outcome {
  const { replayed } = answer;
  return 'refused' in answer
    ? { refused: answer.refused, replayed }
    : { value: write(answer.value), replayed };
}

async function outcomeOf<T>(
  call: Promise<{ value: T; replayed: boolean }>,
  show: (value: T) => unknown,
): Promise<Outcome> {
  try {
    const { value, replayed } = await call;
    return { value: show(value), replayed };
  } catch (error) {
    if (!(error instanceof BoonError)) throw error;
    const { code, reasonCode, replayed } = error;
    return { refused: reasonCode === undefined ? { code } : { code, reasonCode }, replayed };
  }
}
