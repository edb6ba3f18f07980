/** Reminders ahead of a reset's expiry: which are due, and what happened to them. */
import type { AccountId, ResetId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { instant } from '../postgres/rows.ts';
import { BEFORE_ALL, type ExpiringReset } from './expiring-reset.ts';

/** One mail: resets of an account that expire at one moment. */
export type DueReminder = {
  account_id: AccountId;
  /** Undefined where it cannot be read: it was sealed with another key. */
  email: string | undefined;
  expires_at: Instant;
  reset_ids: ResetId[];
  /** How long before the expiry, as PostgreSQL spells it (`7 days`). */
  before: string;
};

/** `refused`: the mail server takes no mail for this address, now or later. `given_up`: it was tried for long enough. */
export type ReminderOutcome = 'sent' | 'refused' | 'given_up';

type Row = Pick<DueReminder, 'account_id' | 'before'> & {
  reset_id: ResetId;
  email_sealed: Buffer;
  expires_at: Date;
  position: string;
};

/** The function behind `Resets.dueReminders`. */
export async function dueReminders(
  database: Database,
  vault: AddressVault,
  at: Instant,
  limit: number,
  { expires_at, reset_id }: ExpiringReset = BEFORE_ALL,
): Promise<{ due: DueReminder[]; next: ExpiringReset | undefined }> {
  const rows = await queryRows<Row>(
    database,
    'due_reminders',
    'SELECT reset_id, account_id, email_sealed, expires_at, expires_at::text AS position, before::text FROM boon_code.due_reminders($1, $2, $3, $4)',
    [at, expires_at, reset_id, limit],
  );
  const together = Object.groupBy(
    rows,
    (row) => `${row.account_id} ${instant(row.expires_at)} ${row.before}`,
  );
  const due = Object.values(together).flatMap((group = []) => {
    const [first] = group;
    if (first === undefined) return [];
    const { account_id, before, email_sealed } = first;
    const reset_ids = group.map((row) => row.reset_id);
    return [
      {
        account_id,
        email: vault.openIfItCan(email_sealed),
        expires_at: instant(first.expires_at),
        reset_ids,
        before,
      },
    ];
  });
  const last = rows.length === limit ? rows.at(-1) : undefined;
  const next = last && { expires_at: last.position, reset_id: last.reset_id };
  return { due, next };
}

/** The function behind `Resets.noteReminder`. */
export async function noteReminder(
  database: Database,
  { reset_ids, before }: DueReminder,
  outcome: ReminderOutcome,
  at: Instant,
): Promise<void> {
  await queryRow(database, 'note_reminder', 'SELECT boon_code.note_reminder($1, $2, $3, $4)', [
    reset_ids,
    before,
    outcome,
    at,
  ]);
}
