/** Uses, early and late, as the plain model has them: one account after the other, each for a calendar month. */
import type { Choice } from '../model/program-rules.ts';
import type { UsageCommand } from '../model/usage-commands.ts';
import { UsageRun } from '../model/usage-run.ts';
import type { Part, Turn } from './part.ts';
import type { SweepKind } from './sweep-kinds.ts';

export class UsagePart implements Part {
  #run: { run: UsageRun; month: number; from: number } | undefined;
  #serial = 0;
  readonly #moves: boolean;

  constructor({ movesWeeklyDate }: Choice) {
    this.#moves = movesWeeklyDate;
  }

  async perform(command: UsageCommand, { ledger, now: before, thorough }: Turn): Promise<number> {
    const now = before + command.wait;
    const date = new Date(now);
    const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    // Counters of a month begin anew: the next account's turn.
    if (this.#run?.month !== month) {
      this.#serial += 1;
      const run = await UsageRun.begin(ledger, `${this.#serial}`, this.#serial % 2 === 0, {
        at: date.toISOString(),
        moves: this.#moves,
      });
      this.#run = { run, month, from: now };
    }
    const late = command.do === 'use' ? Math.max(0, Math.min(command.late, now - this.#run.from)) : 0;
    await this.#run.run.perform(command.do === 'use' ? { ...command, late } : command, now, thorough);
    return now;
  }

  swept(kind: SweepKind, at: number): void {
    if (kind === 'expire lots') this.#run?.run.expired(at);
  }

  async check(): Promise<void> {
    // Each answer was compared.
  }

  async settle(): Promise<void> {
    // Nothing of it is open.
  }
}
