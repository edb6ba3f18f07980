/** Reminders ahead of the expiry of bought credits: which are due, and what happened to them. */
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, LotId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { instant } from '../postgres/rows.ts';
import { BEFORE_ALL } from '../resets/expiring-reset.ts';
import type { ReminderOutcome } from '../resets/reset-reminders.ts';

/** One mail: what is left of a lot that expires soon. */
export type CreditReminder = {
  lot_id: LotId;
  account_id: AccountId;
  /** Undefined where it cannot be read: it was sealed with another key. */
  email: string | undefined;
  remaining: Credits;
  expires_at: string;
  /** How long before the expiry, as PostgreSQL spells it (`30 days`). */
  before: string;
};

/** A place in the order in which lots expire: PostgreSQL's spelling of the moment, and the lot. */
export type ExpiringLot = { expires_at: string; lot_id: LotId };

export interface CreditReminders {
  /** Reminders that are due at `at`, of at most `limit` lots, and after which lot the next page begins. */
  dueCreditReminders(
    at: Instant,
    limit: number,
    after?: ExpiringLot,
  ): Promise<{ due: CreditReminder[]; next: ExpiringLot | undefined }>;
  /** Notes what happened to a reminder, so that it is not due again. */
  noteCreditReminder(reminder: CreditReminder, outcome: ReminderOutcome, at: Instant): Promise<void>;
}

type Row = Omit<CreditReminder, 'email' | 'expires_at'> & {
  email_sealed: Buffer;
  expires_at: Date;
  position: string;
};

const DUE =
  'SELECT lot_id, account_id, email_sealed, remaining, expires_at, expires_at::text AS position, before::text FROM boon_code.due_credit_reminders($1, $2, $3, $4)';

export function makeCreditReminders(database: Database, vault: AddressVault): CreditReminders {
  return {
    async dueCreditReminders(at, limit, after) {
      const { expires_at, lot_id } = after ?? { expires_at: BEFORE_ALL.expires_at, lot_id: '0' };
      const rows = await queryRows<Row>(database, 'due_credit_reminders', DUE, [
        at,
        expires_at,
        lot_id,
        limit,
      ]);
      const due = rows.map(({ email_sealed, position: _, ...row }) => ({
        ...row,
        email: vault.openIfItCan(email_sealed),
        expires_at: instant(row.expires_at),
      }));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { due, next: last && { expires_at: last.position, lot_id: last.lot_id } };
    },
    async noteCreditReminder({ lot_id, before }, outcome, at) {
      const text = 'SELECT boon_code.note_credit_reminder($1, $2, $3, $4)';
      await queryRow(database, 'note_credit_reminder', text, [lot_id, before, outcome, at]);
    },
  };
}
