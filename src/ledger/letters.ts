/** Letters: taken for a try, noted when they were sent, tried again when they were not. */
import type { LetterEnd, LetterKind, LetterName } from '../contracts/letter.ts';
import { letterId } from '../contracts/letter.ts';
import type { Instant } from '../domain/instant.ts';
import { type Database, queryRow, queryRows } from './postgres/database.ts';
import { instant } from './postgres/rows.ts';

/** May be tried now; is being tried by somebody else until then; or has ended. */
export type TakenLetter = { status: 'taken' | LetterEnd } | { status: 'held'; until: Instant };

/** No method reads a clock. */
export interface Letters {
  /**
   * Takes a letter for one try at `at`, the first of which makes it. Who takes it notes what came of the try.
   * @param by a name of this try
   */
  takeLetter(letter: LetterName, by: string, at: Instant): Promise<TakenLetter>;
  /** Notes how it ended. One that was never taken, or has ended, stays as it is. */
  endLetter(letter: LetterName, end: 'sent' | 'refused' | 'not_needed', at: Instant): Promise<void>;
  /**
   * Notes that a try failed; the sweep tries again, ever later.
   * @param mayHaveArrived the mail server had the text and did not answer: that is allowed once
   * @returns how the letter stands after it
   */
  failLetter(
    letter: LetterName,
    by: string,
    error: string,
    mayHaveArrived: boolean,
    at: Instant,
  ): Promise<'due' | LetterEnd>;
  /** At most `limit` letters to be tried at `at`, those first that were tried least; reminders have duties of their own. */
  dueLetters(at: Instant, limit: number): Promise<LetterName[]>;
  /** Has letters be due that no process has seen to. Answers how many. */
  collectLetters(at: Instant): Promise<number>;
  /** Gives up those whose day is over. Answers how many. */
  giveUpLetters(at: Instant): Promise<number>;
}

export function makeLetters(database: Database): Letters {
  const count = async (name: string, at: Instant) => {
    const row = await queryRow<{ count: string }>(database, name, `SELECT boon_code.${name}($1) AS count`, [
      at,
    ]);
    return Number(row?.count ?? 0);
  };
  return {
    async takeLetter({ kind, subject, which }, by, at) {
      const text = 'SELECT status, until FROM boon_code.take_letter($1, $2, $3, $4, $5)';
      const row = await queryRow<{ status: TakenLetter['status']; until: Date | null }>(
        database,
        'take_letter',
        text,
        [kind, subject, which ?? '', by, at],
      );
      const { status, until } = row ?? { status: 'not_needed', until: null };
      return status === 'held' ? { status, until: instant(until ?? at) } : { status };
    },
    async endLetter(letter, end, at) {
      const text = 'SELECT boon_code.end_letter($1, $2, $3)';
      await queryRow(database, 'end_letter', text, [letterId(letter), end, at]);
    },
    async failLetter(letter, by, error, mayHaveArrived, at) {
      const text = 'SELECT boon_code.fail_letter($1, $2, $3, $4, $5) AS status';
      const values = [letterId(letter), by, error, !mayHaveArrived, at];
      const row = await queryRow<{ status: 'due' | LetterEnd }>(database, 'fail_letter', text, values);
      return row?.status ?? 'due';
    },
    async dueLetters(at, limit) {
      const text = 'SELECT kind, subject, which FROM boon_code.due_letters($1, $2)';
      const rows = await queryRows<{ kind: LetterKind; subject: string; which: string }>(
        database,
        'due_letters',
        text,
        [at, limit],
      );
      return rows.map(({ which, ...row }) => (which === '' ? row : { ...row, which }));
    },
    collectLetters: (at) => count('collect_letters', at),
    giveUpLetters: (at) => count('give_up_letters', at),
  };
}
