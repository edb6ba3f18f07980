/** Answers of the ledger's array functions: each row is a value, a refusal, or the wish to be asked again. */
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError, type FieldError } from '../../contracts/errors.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Credits, MicroCredits } from '../../domain/credits.ts';
import { parseCredits } from '../../domain/credits.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryBatch } from './database.ts';
import { AGAIN, type LockWait } from './group-commit.ts';

/** A write's answer, and whether it is the recorded answer to an earlier call with the same key. */
export type Recorded<T> = { value: T; replayed: boolean };

/** Fields common to writes: the business key (`workflowId:step`) and when it takes effect (RFC 3339). */
export type Write = { key: string; at: Instant };

type Refusal = { code: ErrorCode; reason_code?: string; detail?: string; errors?: FieldError[] };
export type AnswerRow<T> = { i: number; replayed: boolean; result: T | Refusal | null };

/** The digest by which a repeated write is known to be the same. Hex. */
export function inputHash(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}

/** The micro-credits of an amount that moves. @throws BoonError when the text is none, or is zero. */
export function microOf(amount: Credits): MicroCredits {
  const micro = parseCredits(amount);
  if (micro !== undefined && micro !== 0n) return micro;
  throw new BoonError('validation_failed', `"${amount}" is not an amount of credits.`, {
    errors: [{ path: 'amount', message: 'must be a decimal string of credits above zero' }],
  });
}

/** Calls an array function and puts its rows into the order of the requests. */
export async function callWithArray<T>(
  database: Database,
  name: string,
  text: string,
  values: unknown[],
  count: number,
  wait?: LockWait,
): Promise<(AnswerRow<T> | typeof AGAIN)[]> {
  const rows = await queryBatch<AnswerRow<T>>(database, name, text, values, wait);
  const answers: (AnswerRow<T> | typeof AGAIN)[] = Array.from({ length: count }, () => AGAIN);
  for (const row of rows) if (row.result !== null) answers[row.i] = row;
  return answers;
}

/** Calls a function of `boon_code` that takes one write as JSON, and answers it. @throws BoonError when it is refused. */
export async function recordOne<T extends object>(
  database: Database,
  name: string,
  request: Write & { input_hash: string },
): Promise<Recorded<T>> {
  const text = `SELECT i, replayed, result FROM boon_code.${name}($1)`;
  const [row] = await callWithArray<T>(database, name, text, [JSON.stringify(request)], 1);
  return answerOf(row as AnswerRow<T>);
}

/** The value of an answer. @throws BoonError when it is a refusal. */
export function answerOf<T extends object>(row: AnswerRow<T>): Recorded<T> {
  const result = row.result;
  if (result === null) throw new BoonError('internal', 'The ledger gave no answer.');
  if (!('code' in result)) return { value: result, replayed: row.replayed };
  const detail =
    result.code === 'idempotency_mismatch'
      ? 'The key was used before with another request.'
      : (result.detail ?? result.code);
  throw new BoonError(result.code, detail, {
    reasonCode: result.reason_code,
    errors: result.errors,
    replayed: row.replayed && result.code !== 'idempotency_mismatch',
  });
}
