import type { BoonClient } from '../../client/boon-client.ts';
import type { Balance } from '../../contracts/accounts/holding.schema.ts';
import { giftWorkflowId } from '../../contracts/gifts/gift.ts';
import type { Transfer } from '../../contracts/gifts/transfer.schema.ts';
import type { GiftProcesses } from '../../domain/gift-processes.ts';
import type { Person } from './cast.ts';

/** Shows the story in a terminal: what happens, and what each account had before and has after. */
export class Narrator {
  readonly #client: BoonClient;
  readonly #print: (line: string) => void;
  readonly #link: (workflowId: string) => string;
  readonly #hasProcess: (gift: Transfer) => boolean;
  #act = 0;

  /**
   * @param link where an operator sees a process.
   * @param processes which gifts have one though nothing has happened to them
   */
  constructor(
    client: BoonClient,
    print: (line: string) => void,
    link: (workflowId: string) => string,
    processes: GiftProcesses = 'each',
  ) {
    this.#client = client;
    this.#print = print;
    this.#link = link;
    this.#hasProcess = ({ status, to }) =>
      processes === 'each' || 'email' in to || !['pending', 'settled', 'reversed'].includes(status);
  }

  /** Shows one act: its title, what happens in it, and the balances of the people around it. */
  async act<T>(title: string, people: readonly Person[], play: () => Promise<T>): Promise<T> {
    this.#act += 1;
    this.#print('');
    this.#print(`${this.#act}. ${title}`);
    const before = await this.#balances(people);
    const result = await play();
    this.#table(people, before, await this.#balances(people));
    return result;
  }

  say(line: string): void {
    this.#print(`   ${line}`);
  }

  /** Says what state a gift is in and where to see it. */
  gift(gift: Transfer, more = ''): void {
    this.say(`${gift.id} is ${gift.status}${more}`);
    if (this.#hasProcess(gift)) this.seen(giftWorkflowId(gift.id));
  }

  /** Says where to see a process. */
  seen(workflowId: string): void {
    this.say(this.#link(workflowId));
  }

  #balances(people: readonly Person[]): Promise<Balance[]> {
    return Promise.all(people.map(({ id }) => this.#client.accounts.balance(id)));
  }

  #table(people: readonly Person[], before: readonly Balance[], after: readonly Balance[]): void {
    const rows = people.map(({ name }, i) => [name, shown(before[i]), shown(after[i])] as const);
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const [name, was, is] of rows) {
      const change = was === is ? was : `${was.padEnd(widths[1] ?? 0)}  →  ${is}`;
      this.say(`  ${name.padEnd(widths[0] ?? 0)}  ${change}`);
    }
  }
}

/** `60, 40 held`: what is available, and what is on its way out or in. */
function shown(balance: Balance | undefined): string {
  if (balance === undefined) return '';
  const { available, held, pending_in } = balance;
  const more = [
    held === '0' ? [] : `${held} held`,
    pending_in === '0' ? [] : `${pending_in} pending in`,
  ].flat();
  return [available, ...more].join(', ');
}
