/** Redeeming banked resets, grouped: the TypeScript side of `redeem_resets`. */
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { Redemption } from '../../contracts/resets/reset.schema.ts';
import type { AccountId, ResetId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { RedeemOutcome } from '../../domain/reset.ts';
import { restoredWindow } from '../../domain/usage-window.ts';
import { type Database, queryBatch } from '../postgres/database.ts';
import { AGAIN, GroupCommit } from '../postgres/group-commit.ts';
import { instant } from '../postgres/rows.ts';
import { openWindows, storedWindow, toWindows, type WindowsRow } from '../usage/usage-windows.ts';

/** `request_id` is the key of the write, each account's own. Without `reset_id`: the one that expires soonest. */
export type RedeemRequest = {
  account_id: AccountId;
  request_id: string;
  reset_id?: ResetId | undefined;
  dry_run?: boolean | undefined;
  at: Instant;
};

type RedeemRow = WindowsRow & {
  i: number;
  refused: ErrorCode | null;
  reason_code: string | null;
  outcome: RedeemOutcome;
  reset_id: ResetId | null;
  effective_at: Date;
  weekly_moved: boolean;
};

/** A second writer pays from 16 on. */
const WRITERS = 2;
const JOIN = 16;

const REDEEM = `
  SELECT i, refused, reason_code, outcome, reset_id, effective_at, five_hour_limit, five_hour_used, five_hour_started_at,
    weekly_limit, weekly_used, weekly_started_at, weekly_moved
  FROM boon_code.redeem_resets($1, $2)`;

/** Makes the function behind `Ledger.redeemReset`. */
export function makeRedeemReset(
  database: Database,
  policyVersion: () => string,
): (request: RedeemRequest) => Promise<Redemption> {
  const groups = new GroupCommit<RedeemRequest, RedeemRow>({
    writers: WRITERS,
    most: 2 * JOIN,
    join: JOIN,
    shardOf: (request) => request.account_id,
    async run(batch, wait) {
      const requests = batch.map((request, i) => ({ i, dry_run: false, ...request }));
      const values = [policyVersion(), JSON.stringify(requests)];
      const rows = await queryBatch<RedeemRow>(database, 'redeem_resets', REDEEM, values, wait);
      const answers: (RedeemRow | typeof AGAIN)[] = batch.map(() => AGAIN);
      for (const row of rows) answers[row.i] = row;
      return answers;
    },
  });
  return async (request) => toRedemption(request, await groups.submit(request));
}

function toRedemption({ account_id, dry_run = false }: RedeemRequest, row: RedeemRow): Redemption {
  if (row.refused === 'not_found') throw new BoonError('not_found', `There is no account "${account_id}".`);
  if (row.refused !== null) {
    throw new BoonError(row.refused, `The account is ${row.reason_code}: it redeems nothing.`, {
      reasonCode: row.reason_code ?? undefined,
    });
  }
  const { outcome, reset_id, effective_at } = row;
  const before = openWindows(row);
  const restores = outcome === 'reset' || outcome === 'already_redeemed';
  const after = toWindows(row, (kind) =>
    restoredWindow(kind, storedWindow(row, kind), effective_at.getTime(), row.weekly_moved),
  );
  const spent = restores && !(dry_run && outcome === 'reset');
  return {
    outcome,
    before,
    after: restores ? after : before,
    windows_reset: restores ? 2 : 0,
    reset_id,
    redeemed_at: spent ? instant(effective_at) : null,
    dry_run,
  };
}
