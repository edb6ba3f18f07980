/** Invitations that were mailed again: their process mails them, the ledger keeps the answer under its key. */
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { ReferralId } from '../../domain/ids.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import {
  type AnswerRow,
  answerOf,
  inputHash,
  type Recorded,
  recordOne,
  type Write,
} from '../postgres/recorded.ts';
import { toReferral } from './referral-rows.ts';

export type Resend = Write & { referral_id: ReferralId };
type Answer = { referral: Referral };

/** The function behind `Referrals.recordedResend`. */
export async function recordedResend(
  database: Database,
  key: string,
  referral_id: ReferralId,
): Promise<Referral | undefined> {
  const text = 'SELECT 0 AS i, true AS replayed, boon_code.recorded_answer($1, $2) AS result';
  const values = [key, inputHash({ action: 'resend', referral_id })];
  const row = await queryRow<AnswerRow<Answer>>(database, 'recorded_resend', text, values);
  return row?.result == null ? undefined : toReferral(answerOf(row).value.referral);
}

/** The function behind `Referrals.recordResend`. */
export async function recordResend(
  database: Database,
  { key, at, referral_id }: Resend,
): Promise<Recorded<Referral>> {
  const request = { key, at, referral_id, input_hash: inputHash({ action: 'resend', referral_id }) };
  const { value, replayed } = await recordOne<Answer>(database, 'keep_resend', request);
  return { value: toReferral(value.referral), replayed };
}
