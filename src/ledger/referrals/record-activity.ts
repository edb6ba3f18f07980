/** Logins and prompts, grouped: the TypeScript side of `record_activity`. */
import { hash } from 'node:crypto';
import { BoonError } from '../../contracts/errors.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryBatch } from '../postgres/database.ts';
import { GroupCommit } from '../postgres/group-commit.ts';
import { toReferral } from './referral-rows.ts';

export type Activity = {
  id: string;
  account_id: AccountId;
  kind: 'login' | 'prompt';
  at: Instant;
  /** The present moment; left out: it is reported as it happens. */
  told_at?: Instant | undefined;
};

/** While PostgreSQL works on one batch the server reads the next; a second one of few events would cost more than it gains. */
const WRITERS = 2;
const JOIN = 64;

/** `too_late`: the prompt would have counted, had it been reported by then. */
type Outcome = 'noted' | 'unknown' | { referral: Referral } | { too_late: string };
type Row = { i: number; referral: Referral | null; told_until: Date | null };

/** Makes the function behind `Referrals.recordActivity`. */
export function makeRecordActivity(database: Database): (event: Activity) => Promise<Referral | undefined> {
  const groups = new GroupCommit<Activity, Outcome>({
    writers: WRITERS,
    // An event is a small update; a batch of many costs little more than one of few.
    most: 256,
    join: JOIN,
    shardOf: (event) => event.account_id,
    async run(batch, wait) {
      const rows = await queryBatch<Row>(
        database,
        'record_activity',
        'SELECT i, referral, told_until FROM boon_code.record_activity($1)',
        [JSON.stringify(batch.map(toRow))],
        wait,
      );
      const outcomes = batch.map((): Outcome => 'noted');
      for (const { i, referral, told_until } of rows) {
        if (referral !== null) outcomes[i] = { referral: toReferral(referral) };
        else if (told_until === null) outcomes[i] = 'unknown';
        else if (outcomes[i] === 'noted') outcomes[i] = { too_late: told_until.toISOString() };
      }
      return outcomes;
    },
  });
  return async (event) => {
    const outcome = await groups.submit(event);
    if (outcome === 'unknown') {
      throw new BoonError('not_found', `There is no account "${event.account_id}".`);
    }
    if (outcome === 'noted') return undefined;
    if ('referral' in outcome) return outcome.referral;
    const message = `must be reported before ${outcome.too_late}: the invitation that it would count for is over`;
    throw new BoonError('validation_failed', `at: ${message}.`, { errors: [{ path: 'at', message }] });
  };
}

/** Only prompts are counted by their ids. */
function toRow({ id, account_id, kind, at, told_at }: Activity, i: number): Record<string, unknown> {
  return { i, digest: kind === 'prompt' ? digestOf(id) : undefined, account_id, kind, at, told_at };
}

/** 64 bits by which an account's prompts are told apart; ids are the callers' and may be long. */
function digestOf(id: string): string {
  return hash('sha256', id, 'buffer').readBigInt64BE().toString();
}
