/** Reminders ahead of a reset's expiry: which are due, and what became of them. */
import type { AddressVault } from './address-vault.ts';
import { type Database, queryRow, queryRows } from './database.ts';
import { instant } from './rows.ts';

/** One mail: the resets of an account that expire at one moment. */
export type DueReminder = {
  account_id: string;
  email: string;
  expires_at: string;
  reset_ids: string[];
  /** How long before the expiry, as PostgreSQL spells it (`7 days`). */
  before: string;
};

/** `refused`: the mail server takes no mail for this address, now or later. */
export type ReminderOutcome = 'sent' | 'refused';

type Row = Omit<DueReminder, 'email' | 'expires_at'> & { email_sealed: Buffer; expires_at: Date };

export async function dueReminders(
  database: Database,
  vault: AddressVault,
  at: string,
  limit: number,
  cursor?: DueReminder,
): Promise<DueReminder[]> {
  const rows = await queryRows<Row>(
    database,
    'due_reminders',
    'SELECT account_id, email_sealed, expires_at, before::text, reset_ids FROM boon.due_reminders($1, $2, $3, $4)',
    [at, cursor?.expires_at ?? null, cursor?.account_id ?? null, limit],
  );
  return rows.map(({ email_sealed, expires_at, ...row }) => ({
    ...row,
    email: vault.open(email_sealed),
    expires_at: instant(expires_at),
  }));
}

export async function noteReminder(
  database: Database,
  { reset_ids, before }: DueReminder,
  outcome: ReminderOutcome,
  at: string,
): Promise<void> {
  await queryRow(database, 'note_reminder', 'SELECT boon.note_reminder($1, $2, $3, $4)', [
    reset_ids,
    before,
    outcome,
    at,
  ]);
}
