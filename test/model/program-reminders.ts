/** Reminders of resets that are about to expire: what the ledger has due, all of it, and what the plain model says. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ModelPerson } from './program-people.ts';
import type { ModelReset } from './program-resets.ts';
import { DAY } from './program-rules.ts';

/** Ahead of the expiry, as the shipped policy has them. */
const AHEAD = [7 * DAY, DAY];

/** Notes all that are due as sent; answers of how many resets. */
export async function remindAll(ledger: Ledger, at: string): Promise<number> {
  let reminded = 0;
  for (let after: Parameters<Ledger['dueReminders']>[2]; ; ) {
    const { due, next } = await ledger.dueReminders(at, 20, after);
    for (const reminder of due) {
      await ledger.noteReminder(reminder, 'sent', at);
      reminded += reminder.reset_ids.length;
    }
    if (next === undefined) return reminded;
    after = next;
  }
}

export class ProgramReminders {
  readonly #noted = new Set<string>();

  /** How many of these are reminded of, of each owner. */
  remind(resets: readonly ModelReset[], people: ReadonlyMap<string, ModelPerson>, now: number): number {
    let reminded = 0;
    for (const [n, reset] of resets.entries()) {
      const owner = people.get(reset.account);
      if (reset.status !== 'available' || owner?.status === 'closed' || (owner?.email ?? null) === null)
        continue;
      for (const ahead of AHEAD) {
        const key = `${n}/${ahead}`;
        if (this.#noted.has(key) || !isDue(reset, ahead, now)) continue;
        this.#noted.add(key);
        reminded += 1;
      }
    }
    return reminded;
  }
}

/** From its moment on, for a day. Where that was before the reset came, only the last day of one that goes on from another is told. */
function isDue({ source, grantedAt, expiresAt }: ModelReset, ahead: number, now: number): boolean {
  const moment = expiresAt - ahead;
  const isTold = moment > grantedAt || (ahead === DAY && (source === 'gift' || source === 'return'));
  return isTold && expiresAt > now && moment <= now && moment > now - DAY;
}
