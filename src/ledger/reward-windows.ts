/** An account's billing month in a program: looked at, and its cap raised. */
import { BoonError } from '../contracts/errors.ts';
import type { RewardWindow } from '../contracts/referral.ts';
import { makeArrayCall } from './array-call.ts';
import { type Database, queryRow } from './database.ts';
import type { Recorded } from './ledger.ts';
import { inputHash } from './recorded.ts';
import type { RaiseCap } from './referrals.ts';
import { instant } from './rows.ts';

const WINDOW = `
  SELECT p.program IS NOT NULL AS program_known, boon.reward_window_view(
    boon.reward_window_at(a.id, p.program, $4, p.monthly_cap)) AS window
  FROM boon.accounts a LEFT JOIN boon.program_rules p ON p.version = $1 AND p.program = $3 WHERE a.id = $2`;

export async function rewardWindow(
  database: Database,
  policyVersion: string,
  accountId: string,
  program: string,
  at: string,
): Promise<RewardWindow> {
  const row = await queryRow<{ program_known: boolean; window: RewardWindow }>(
    database,
    'reward_window',
    WINDOW,
    [policyVersion, accountId, program, at],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no account "${accountId}".`);
  if (!row.program_known) throw new BoonError('not_found', `There is no program "${program}".`);
  return toWindow(row.window);
}

/** Makes the function behind `Referrals.raiseCap`. */
export function makeRaiseCap(
  database: Database,
  policyVersion: () => string,
): (request: RaiseCap) => Promise<Recorded<RewardWindow>> {
  const raise = makeArrayCall<RaiseCap, { window: RewardWindow }>(database, {
    name: 'raise_caps',
    text: 'SELECT i, replayed, result FROM boon.raise_caps($1, $2)',
    values: () => [policyVersion()],
    toRow: ({ key, at, by, ...asked }, i) => ({
      i,
      key,
      at,
      operator: by,
      input_hash: inputHash(asked),
      ...asked,
    }),
  });
  return async (request) => {
    requireDay(request.month); // Refused before it joins a batch.
    const { value, replayed } = await raise(request);
    return { value: toWindow(value.window), replayed };
  };
}

function requireDay(month: string): void {
  if (/^\d{4}-\d{2}-\d{2}$/.test(month) && new Date(month).toJSON()?.startsWith(month)) return;
  throw new BoonError('validation_failed', `"${month}" is not a day.`, {
    errors: [{ path: 'month', message: 'must be a day such as 2026-06-11' }],
  });
}

function toWindow(view: RewardWindow): RewardWindow {
  return { ...view, starts_at: instant(view.starts_at), ends_at: instant(view.ends_at) };
}
