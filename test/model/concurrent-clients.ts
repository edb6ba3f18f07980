/** A scenario done by many clients at once, through several ledgers: nothing is predicted, everything must hold. */
import { BoonError } from '../../src/contracts/errors.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { later, START } from '../support/test-ledger.ts';
import type { Command, Scenario } from './commands.ts';
import { PEOPLE, PLAN, putPeople } from './people.ts';

const person = (index: number) => PEOPLE[index % PEOPLE.length]?.id ?? 'nobody';

/** What clients share: the time, the gifts there are, and the requests that were sent. */
export class ConcurrentClients {
  readonly #ledgers: readonly Ledger[];
  readonly #gifts: string[] = [];
  readonly #sent: (() => Promise<unknown>)[] = [];
  /** Which policy each ledger accepts under, by their order, is left to chance. */
  #now = START;
  #serial = 0;
  /** What no client should ever see. */
  readonly faults: unknown[] = [];
  done = 0;
  refused = 0;

  constructor(ledgers: readonly Ledger[]) {
    this.#ledgers = ledgers;
  }

  /** Deals the commands to the clients; each does its own, one after the other. */
  async play(scenario: Scenario, clients: number): Promise<void> {
    const [first] = this.#ledgers;
    const [policy] = scenario.policies;
    if (first === undefined || policy === undefined)
      throw new Error('a scenario needs a ledger and a policy');
    for (const ledger of this.#ledgers) await ledger.usePolicy(policy, START);
    await putPeople(first);
    const initial: Command[] = [...PEOPLE.keys()].flatMap((who) =>
      Array.from({ length: 4 }, () => ({
        do: 'grant' as const,
        who,
        amount: '100',
        source: 'purchased' as const,
        hours: null,
        giftable: true,
      })),
    );
    for (const command of initial) await this.#perform(first, command);
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const ledger = this.#ledgers[client % this.#ledgers.length] ?? first;
        for (let n = client; n < scenario.commands.length; n += clients) {
          const command = scenario.commands[n];
          if (command !== undefined) await this.#perform(ledger, command, scenario);
        }
      }),
    );
  }

  /** Lets time do its work until no gift is open any more. */
  async end(): Promise<string[]> {
    const [ledger] = this.#ledgers;
    if (ledger === undefined) return [];
    for (const { id } of PEOPLE) await ledger.putAccount(id, { plan: PLAN, status: 'active' }, this.#now);
    for (let weeks = 0; weeks < 12; weeks++) {
      this.#now = later(this.#now, { days: 7 });
      await ledger.advanceGifts(this.#gifts, this.#now);
      await ledger.expireLots(this.#now, 100_000);
    }
    return ledger.overdueGifts(later(this.#now, { days: 400 }), 100);
  }

  async #perform(ledger: Ledger, command: Command, scenario?: Scenario): Promise<void> {
    try {
      await this.#call(ledger, command, scenario);
      this.done += 1;
    } catch (error) {
      if (error instanceof BoonError && error.status < 500) this.refused += 1;
      else this.faults.push(error);
    }
  }

  #send(request: () => Promise<unknown>): Promise<unknown> {
    this.#sent.push(request);
    return request();
  }

  #gift(index: number): string {
    return this.#gifts.at(index % 3 === 0 ? index % this.#gifts.length : -1 - (index % 6)) ?? 'no-such-gift';
  }

  async #call(ledger: Ledger, command: Command, scenario?: Scenario): Promise<unknown> {
    this.#serial += 1;
    const key = `key-${this.#serial}`;
    const at = this.#now;
    switch (command.do) {
      case 'grant': {
        const { who, amount, source, giftable } = command;
        const account_id = who === 6 ? PROMOTIONAL_BUDGET : person(who);
        const expires_at = command.hours === null ? null : later(at, { hours: command.hours });
        const request = { key, at, account_id, amount, source, expires_at, giftable, reason: 'model' };
        return this.#send(() => ledger.grant(request));
      }
      case 'give': {
        const id = `gift-${this.#serial}`;
        const to = command.byEmail
          ? { email: `${person(command.to)}@example.com` }
          : { account_id: person(command.to) };
        const funding = command.promotional ? 'promotional' : 'transfer';
        const request = {
          key,
          at,
          id,
          from: person(command.from),
          to,
          amount: command.amount,
          funding,
          message: null,
        } as const;
        await this.#send(() => ledger.acceptGift(request));
        return this.#gifts.push(id);
      }
      case 'act': {
        const request = { key, at, gift_id: this.#gift(command.gift), action: command.action, reason: 'so' };
        return this.#send(() => ledger.actOnGift(request));
      }
      case 'claim': {
        const gift_id = this.#gift(command.gift);
        const token = command.forged ? 'forged' : (await ledger.giftAddresses([gift_id])).get(gift_id)?.token;
        const request = {
          key,
          at,
          gift_id,
          action: 'claim',
          token,
          account_id: person(command.who),
        } as const;
        return this.#send(() => ledger.actOnGift(request));
      }
      case 'repeat':
        return this.#sent[command.which % Math.max(this.#sent.length, 1)]?.();
      case 'advance':
        if (command.gift === 'all') return settleTogether(ledger, this.#gifts, at);
        return ledger.advanceGift(this.#gift(command.gift), at);
      case 'wait':
        // Not so far that everything ends between two commands.
        this.#now = later(
          at,
          typeof command.for === 'number' ? { ms: Math.min(command.for, 3_600_000) } : { hours: 12 },
        );
        return undefined;
      case 'expire':
        return ledger.expireLots(at, 5);
      case 'status':
        return ledger.putAccount(person(command.who), { plan: PLAN, status: command.status }, at);
      case 'policy': {
        const policy = scenario?.policies[command.which % scenario.policies.length];
        if (policy !== undefined) await ledger.usePolicy(policy, at);
        return ledger.sealBlocks(at);
      }
    }
  }
}

/** As the schedule does where quiet gifts have no processes, and then as the processes of the others. */
async function settleTogether(ledger: Ledger, gifts: readonly string[], at: string): Promise<void> {
  await ledger.advanceGiftPage(await ledger.dueGifts(at, 500, { part: 0, of: 1 }), at);
  await ledger.advanceGifts(gifts, at);
}
