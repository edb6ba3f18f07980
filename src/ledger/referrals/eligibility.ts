/** May an account invite, and if not, why: the rule that `invite` asks. */
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow } from '../postgres/database.ts';

import { instant } from '../postgres/rows.ts';

/** Why an account may not invite, and what would change it. */
export type EligibilityReason = { code: string; detail: string; fix: string };

export type Eligibility = {
  eligible: boolean;
  reasons: EligibilityReason[];
  remaining_invites: number;
  remaining_rewards: number;
  month: { starts_at: Instant; ends_at: Instant };
};

const ELIGIBILITY = `
  SELECT p.program IS NOT NULL AS program_known, boon_code.eligibility(p, $2, $4) AS eligibility
  FROM (SELECT) one LEFT JOIN boon.program_rules p ON p.version = $1 AND p.program = $3`;

export async function eligibility(
  database: Database,
  policyVersion: string,
  accountId: AccountId,
  program: string,
  at: Instant,
): Promise<Eligibility> {
  const row = await queryRow<{ program_known: boolean; eligibility: Eligibility | null }>(
    database,
    'eligibility',
    ELIGIBILITY,
    [policyVersion, accountId, program, at],
  );
  if (row?.program_known !== true) throw new BoonError('not_found', `There is no program "${program}".`);
  const found = row.eligibility;
  if (found === null) throw new BoonError('not_found', `There is no account "${accountId}".`);
  return {
    ...found,
    month: { starts_at: instant(found.month.starts_at), ends_at: instant(found.month.ends_at) },
  };
}
