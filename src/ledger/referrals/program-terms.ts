/** The terms of a program, as somebody who may invite is told them. */
import type { ProgramPolicy } from '../../domain/policy.ts';
import { type Database, queryRow } from '../postgres/database.ts';

export type ProgramTerms = Pick<
  ProgramPolicy,
  'closes_at' | 'invites' | 'prompts' | 'dormancy' | 'rewards' | 'monthly_cap'
>;

/** The terms under a policy; undefined when it has no such program. */
export async function programTerms(
  database: Database,
  policyVersion: string,
  program: string,
): Promise<ProgramTerms | undefined> {
  const row = await queryRow<{ terms: ProgramTerms | null }>(
    database,
    'program_terms',
    `SELECT body -> 'programs' -> $2 AS terms FROM boon.policy_documents WHERE version = $1`,
    [policyVersion, program],
  );
  return row?.terms ?? undefined;
}
