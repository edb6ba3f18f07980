/** Charging of uses, grouped: the TypeScript side of `use`. */

import { BoonError, type LimitReached } from '../../contracts/errors.ts';
import type { Usage, UsageBody } from '../../contracts/usage/usage.schema.ts';
import { formatCredits, parseCredits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { isError } from '../../domain/is-error.ts';
import type { InvalidUseReason, UseLimitReason } from '../../domain/usage-reasons.ts';
import { WINDOW_KINDS, WINDOW_LENGTH_MS } from '../../domain/usage-window.ts';
import { MOST_IN_A_BATCH } from '../postgres/array-call.ts';
import { type Database, queryBatch, queryRow } from '../postgres/database.ts';
import { AGAIN, GroupCommit } from '../postgres/group-commit.ts';

import type { Recorded } from '../postgres/recorded.ts';
import { openWindows, type WindowsRow } from './usage-windows.ts';

/** `at` is when it was used, `now` when it is reported: a use that is reported late is judged at its own moment. */
export type UseRequest = Omit<UsageBody, 'at'> & { at: Instant; now: Instant };

type UseRow = WindowsRow & {
  i: number;
  replayed: boolean;
  plan_part: string;
  pool_part: string;
  invoice_part: string;
  own_part: string;
  balance: string | null;
  amount: string | null;
  resets: number | null;
} & Verdict;

/** What happened to a use, and why. A use that is to be asked for again says which organisation pays for it. */
type Verdict =
  | { code: null; reason: null }
  | { code: 'again'; reason: AccountId | null }
  | { code: 'not_found' | 'idempotency_mismatch'; reason: null }
  | { code: 'account_frozen'; reason: 'frozen' | 'closed' }
  | { code: 'validation_failed'; reason: InvalidUseReason }
  | { code: 'limit_reached'; reason: UseLimitReason };

const USE = `
  SELECT i, code, reason, replayed, plan_part, pool_part, invoice_part, own_part, balance, five_hour_limit, five_hour_used, five_hour_started_at,
    weekly_limit, weekly_used, weekly_started_at, amount, resets
  FROM boon_code.use($1, $2)`;

/** Four uses are worth a second writer, which works while the first waits for the disk. */
const WRITERS = 2;
const JOIN = 4;
const MOST_REMEMBERED = 100_000;

/** Makes the function behind `Ledger.use`. */
export function makeUse(
  database: Database,
  policyVersion: () => string,
): (request: UseRequest) => Promise<Recorded<Usage>> {
  /** Whose organisation was which when it was last looked at: it is locked with its member. */
  const pools = new Map<AccountId, AccountId>();
  const remember = (account: AccountId, pool: AccountId) => {
    if (pools.size >= MOST_REMEMBERED) pools.clear();
    pools.set(account, pool);
  };
  const groups = new GroupCommit<UseRequest, UseRow>({
    writers: WRITERS,
    most: MOST_IN_A_BATCH,
    join: JOIN,
    shardOf: ({ account_id }) => {
      const pool = pools.get(account_id);
      return pool === undefined ? account_id : [account_id, pool];
    },
    async run(batch, wait) {
      const requests = batch.map((request, i) => toRow(request, i, pools.get(request.account_id)));
      const values = [policyVersion(), JSON.stringify(requests)];
      const rows = await queryBatch<UseRow>(database, 'use', USE, values, wait);
      const answers: (UseRow | typeof AGAIN)[] = batch.map(() => AGAIN);
      for (const row of rows) {
        const account = batch[row.i]?.account_id;
        if (row.code !== 'again') answers[row.i] = row;
        else if (row.reason !== null && account !== undefined) remember(account, row.reason);
      }
      return answers;
    },
  });
  /** A use whose month has no partition yet is the first of it: ahead of the scheduled process, or where a clock has jumped. */
  const submit = async (request: UseRequest): Promise<UseRow> => {
    try {
      return await groups.submit(request);
    } catch (error) {
      if (!hasNoMonth(error)) throw error;
    }
    await queryRow(database, 'make_usage_month', 'SELECT boon_code.make_usage_month($1)', [request.at]);
    try {
      return await groups.submit(request);
    } catch (error) {
      // Its month was dropped, and gets no partition again.
      throw hasNoMonth(error) ? invalid('too_late') : error;
    }
  };
  return async (request) => {
    const row = await submit(request);
    if (row.code !== null) throw refusal(request, row);
    return {
      value: {
        allowed: true,
        charged: {
          plan: formatCredits(BigInt(row.plan_part)),
          credits: formatCredits(BigInt(row.pool_part) + BigInt(row.own_part)),
          ...(BigInt(row.invoice_part) === 0n ? {} : { invoiced: formatCredits(BigInt(row.invoice_part)) }),
        },
        windows: openWindows(row),
        available: formatCredits(BigInt(row.balance ?? 0)),
      },
      replayed: row.replayed,
    };
  };
}

function toRow(
  { units, ...request }: UseRequest,
  i: number,
  pool: AccountId | undefined,
): Record<string, unknown> {
  return { i, ...request, pool_id: pool, units: parseCredits(units)?.toString() };
}

function refusal(request: UseRequest, row: UseRow): BoonError {
  switch (row.code) {
    case 'not_found':
      return new BoonError('not_found', `There is no account "${request.account_id}".`);
    case 'account_frozen':
      return new BoonError('account_frozen', `The account is ${row.reason}: it cannot use anything.`, {
        reasonCode: row.reason,
      });
    case 'idempotency_mismatch':
      return new BoonError(
        'idempotency_mismatch',
        `The id "${request.id}" was already used for a different request.`,
      );
    case 'limit_reached': {
      const limit = limitOf(row);
      const detail = limitDetail(row.reason, limit);
      const fix = limitFix(row.reason, limit);
      return new BoonError('limit_reached', detail, { reasonCode: row.reason, limit, fix });
    }
    case 'validation_failed':
      return invalid(row.reason);
    default:
      return new BoonError('internal', `The ledger answered a use with "${row.code}".`);
  }
}

function invalid(reason: InvalidUseReason): BoonError {
  const [path, message] = INVALID[reason];
  return new BoonError('validation_failed', `${path}: ${message}.`, { errors: [{ path, message }] });
}

/** Whether a use was allowed and could not be written, since its month has no partition. */
function hasNoMonth(error: unknown): boolean {
  return (
    isError(error) && (error as { code?: unknown }).code === '23514' && /no partition/.test(error.message)
  );
}

const INVALID: Readonly<Record<InvalidUseReason, readonly [path: string, message: string]>> = {
  not_on_rate_card: ['product', 'must be a product of the rate card'],
  too_much: ['units', 'must cost at most 1000000000 credits'],
  too_late: ['at', 'must not lie so far back: the use is reported too late'],
};

/**
 * What would let the use through: the moment at which the last of the windows ends that have too little left of what
 * credits do not pay, and banked resets. Neither does where that is more than a full window has.
 */
function limitOf(row: UseRow): LimitReached {
  const payable = BigInt(row.pool_part) + BigInt(row.invoice_part) + BigInt(row.own_part);
  const wanted = BigInt(row.amount ?? 0) - payable;
  const limited = WINDOW_KINDS.flatMap((kind) => {
    const limit = row[`${kind}_limit`];
    return limit === null ? [] : [{ kind, limit: BigInt(limit), used: BigInt(row[`${kind}_used`]) }];
  });
  if (limited.some(({ limit }) => limit < wanted)) return { next_window_at: null, resets_available: 0 };
  const ends = limited.flatMap(({ kind, limit, used }) => {
    const startedAt = row[`${kind}_started_at`];
    return limit - used < wanted && startedAt !== null ? [startedAt.getTime() + WINDOW_LENGTH_MS[kind]] : [];
  });
  return {
    next_window_at: ends.length === 0 ? null : new Date(Math.max(...ends)).toISOString(),
    resets_available: row.resets ?? 0,
  };
}

/** Banked resets are named first, then what keeps credits from paying. */
function limitDetail(reason: UseLimitReason, { next_window_at, resets_available }: LimitReached): string {
  const until = next_window_at === null ? '' : ` until ${next_window_at}`;
  return [
    `The plan does not cover this use${until}.`,
    ...(resets_available === 0
      ? []
      : [
          `${resets_available} banked reset${resets_available === 1 ? '' : 's'} can be redeemed to continue now.`,
        ]),
    WHY_NOT_CREDITS[reason],
  ].join(' ');
}

/** Only what would let this very use through. */
function limitFix(reason: UseLimitReason, { next_window_at, resets_available }: LimitReached): string {
  const ways = [
    ...(next_window_at === null ? [] : [`wait until ${next_window_at}`]),
    ...(resets_available === 0 ? [] : ['redeem a banked reset']),
    WAY_TO_CREDITS[reason],
  ].join(', or ');
  return `${ways.charAt(0).toUpperCase()}${ways.slice(1)}.`;
}

const WAY_TO_CREDITS: Readonly<Record<UseLimitReason, string>> = {
  not_paid_by_credits: 'change to a plan on which credits pay for this product',
  credits_off: 'switch credits on for the account',
  credits_on_request: 'send it again with `use_credits: true`',
  no_credits: 'add credits',
  member_limit: 'have the organisation raise the member’s limit',
  invoice_ceiling: 'have an operator raise the organisation’s `invoice_ceiling`',
  spending_limit: 'raise the spending limit',
};

const WHY_NOT_CREDITS: Readonly<Record<UseLimitReason, string>> = {
  not_paid_by_credits: 'On this plan credits do not pay for this product.',
  credits_off: 'The account has switched credits off.',
  credits_on_request: 'Credits would pay the rest: send it again with `use_credits: true`.',
  no_credits: 'There are not enough credits to pay the rest.',
  member_limit: 'The member’s limit on the organisation’s credits is reached.',
  invoice_ceiling: 'The most that the organisation may be invoiced for this month is reached.',
  spending_limit: 'The spending limit of the month is reached.',
};
