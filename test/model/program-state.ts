/** What stands in the database of referrals, resets and campaigns, read in one query, and what must hold of it after every step. */
import { expect } from 'vitest';
import { WINDOW_KINDS } from '../../src/domain/usage-window.ts';
import type { TestLedger } from '../support/test-ledger.ts';
import { byId } from './program-calls.ts';
import type { ProgramModel } from './program-model.ts';

type Row = Record<string, unknown>;
export type ProgramState = {
  referrals: Row[];
  rewards: Row[];
  months: Row[];
  /** In the order of their ids. */
  resets: { id: string; account: string; [column: string]: unknown }[];
  windows: Row[];
  gifts: Row[];
  campaigns: Row[];
  credits: Record<string, string>;
  faults: string[];
  /** Of each table's rows. */
  digest: Record<string, string>;
};

/** All but policies and rules, keys (which also remember refusals) and the partitions' own list. */
const KEPT = `tablename NOT LIKE '%rules' AND tablename NOT LIKE 'polic%' AND tablename !~ '^usage_(months|\\d)'
  AND tablename NOT IN ('schemaversion', 'schema_version', 'idempotency_keys')`;

const at = (column: string) => `(extract(epoch FROM ${column}) * 1000)::bigint`;
const rows = (columns: string, from: string, order: string) =>
  `(SELECT coalesce(json_agg(json_build_object(${columns}) ORDER BY ${order}), '[]') FROM ${from})`;

/** A month that is over its cap, a reset or a referral that paid twice, an account in two referrals: none, ever. */
const FAULTS = `
  SELECT 'month over its cap: ' || account_id FROM boon.reward_windows w WHERE used > cap OR used <> (
    SELECT count(*) FROM boon.reward_slots s WHERE (s.account_id, s.program, s.month) = (w.account_id, w.program, w.month))
  UNION ALL SELECT 'month overlaps another: ' || w.account_id FROM boon.reward_windows w JOIN boon.reward_windows x
    ON x.account_id = w.account_id AND x.program = w.program AND x.month > w.month AND x.starts_at < w.ends_at
  UNION ALL SELECT 'redeemed twice: ' || reset_id FROM boon.redemptions GROUP BY reset_id HAVING count(*) > 1
  UNION ALL SELECT 'went on twice: ' || from_reset FROM boon.resets WHERE from_reset IS NOT NULL GROUP BY from_reset HAVING count(*) > 1
  UNION ALL SELECT 'won twice: ' || friend_id FROM boon.referrals WHERE status = 'joined' OR qualified_at IS NOT NULL
    GROUP BY friend_id HAVING count(*) > 1
  UNION ALL SELECT 'paid twice: ' || reference FROM boon.resets WHERE source = 'referral' GROUP BY reference, account_id HAVING count(*) > 1`;

/** Reads the state at `p_at`, without the digest. */
export const PROGRAM_STATE = `SELECT
  ${rows(
    `'id', id, 'status', status, 'reason', reason_code, 'friend', friend_id, 'prompts', prompts_seen, 'linkUsedAt', ${at('link_used_at')},
     'joinedAt', ${at('joined_at')}, 'qualifiedAt', ${at('qualified_at')}, 'rewardedAt', ${at('rewarded_at')}, 'deferredUntil', ${at('deferred_until')}`,
    'boon.referrals',
    'id',
  )} AS referrals,
  ${rows(
    `'referral', referral_id, 'to', recipient, 'account', account_id, 'credits', credits::text, 'resetsBack', resets_back, 'creditsBack', credits_back::text`,
    'boon.referral_rewards',
    'referral_id, recipient',
  )} AS rewards,
  ${rows(
    `'account', account_id, 'program', program, 'startsAt', ${at('starts_at')}, 'endsAt', ${at('ends_at')}, 'cap', cap, 'used', used`,
    'boon.reward_windows',
    'account_id, program, month',
  )} AS months,
  ${rows(
    `'id', id::text, 'account', account_id, 'status', status, 'source', source, 'grantedAt', ${at('granted_at')}, 'expiresAt', ${at('expires_at')},
     'redeemedAt', ${at('redeemed_at')}, 'returnAt', ${at('return_at')}`,
    'boon.resets',
    'id',
  )} AS resets,
  ${rows(
    `'account', account_id, 'kind', kind, 'startedAt', ${at('started_at')}, 'used', used::text`,
    'boon.usage_windows',
    'account_id, kind',
  )} AS windows,
  ${rows(
    `'id', id, 'status', status, 'reason_code', reason_code, 'deadline', ${at('deadline')}`,
    'boon.gifts',
    'id',
  )} AS gifts,
  ${rows(
    `'id', c.id, 'status', c.status, 'account', o.account_id, 'outcome', o.outcome`,
    'boon.campaigns c LEFT JOIN boon.campaign_accounts o ON o.campaign_id = c.id',
    'c.id, o.account_id',
  )} AS campaigns,
  (SELECT coalesce(json_object_agg(account_id, remaining), '{}') FROM (
     SELECT account_id, sum(remaining)::text AS remaining FROM boon.lots
     WHERE open AND (expires_at IS NULL OR expires_at > p_at) GROUP BY account_id) l) AS credits,
  ARRAY(${FAULTS}) AS faults`;

let tables: string[] = [];

/** Prepares the database for {@link readProgram}: a function, whose plan is kept. */
export async function prepareProgram(own: TestLedger): Promise<void> {
  const found = await own.sql(
    `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'boon' AND ${KEPT} ORDER BY 1`,
  );
  tables = found.map(({ name }) => String(name));
  const digests = tables.map(
    (table) =>
      `('${table}', (SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM boon.${table} t))`,
  );
  await own.sql(`
    CREATE SCHEMA program;
    CREATE FUNCTION program.state(p_at timestamptz) RETURNS json LANGUAGE plpgsql AS $function$
    BEGIN
      RETURN (SELECT row_to_json(state) FROM (${PROGRAM_STATE}, digest FROM (
        SELECT json_object_agg(d.name, d.digest) AS digest FROM (VALUES ${digests.join(', ')}) d (name, digest)) d) state);
    END $function$`);
}

export async function readProgram(own: TestLedger, now: number): Promise<ProgramState> {
  const [row] = await own.sql('SELECT program.state($1) AS state', [new Date(now).toISOString()]);
  return row?.state as ProgramState;
}

export async function programFaults(own: TestLedger): Promise<unknown[]> {
  const [row] = await own.sql(`SELECT ARRAY(${FAULTS}) AS faults`);
  return row?.faults as unknown[];
}

/** Empties the database but for its schema and policies, however append-only it is. */
export async function emptyProgram(own: TestLedger): Promise<void> {
  const deletes = [...tables, 'idempotency_keys'].map((table) => `DELETE FROM boon.${table};`);
  await own.sql(`
    SET session_replication_role = replica;
    ${deletes.join('\n')}
    SET session_replication_role = origin`);
}

/** The whole ledger is as the model says; and each reset of the model learns its id. */
export function expectLikeProgramModel(
  state: Omit<ProgramState, 'digest'>,
  model: ProgramModel,
  now: number,
  people: Iterable<string> = model.people.keys(),
): void {
  expect(state.faults).toEqual([]);
  const { referrals, resets, gifts, campaigns } = model;
  expect(state.referrals).toEqual(
    [...referrals.referrals.values()].toSorted(byId).map((r) => ({
      id: r.id,
      status: r.status,
      reason: r.reason,
      friend: r.friend,
      prompts: r.prompts.size,
      linkUsedAt: r.linkUsedAt,
      joinedAt: r.joinedAt,
      qualifiedAt: r.qualifiedAt,
      rewardedAt: r.rewardedAt,
      deferredUntil: r.deferredUntil,
    })),
  );
  const rewards = [...referrals.referrals.values()].toSorted(byId).flatMap(({ id, rewards: given }) =>
    given
      .toSorted((a, b) => (a.to < b.to ? 1 : -1))
      .map(({ to, account, credits, back }) => ({
        referral: id,
        to,
        account,
        credits: String(credits),
        resetsBack: back === null ? null : resets.revokedOf(account, id),
        creditsBack: back === null ? null : String(back.credits),
      })),
  );
  expect(state.rewards).toEqual(rewards);
  expect(state.months).toEqual(
    referrals.windows
      .toSorted(
        (a, b) => order(a.account, b.account) || order(a.program, b.program) || a.startsAt - b.startsAt,
      )
      .map(({ claimed, ...month }) => ({ ...month, used: claimed.length })),
  );
  for (const id of people) {
    const mine = resets.resets.filter(({ account }) => account === id);
    const stored = state.resets.filter(({ account }) => account === id);
    for (const [n, row] of stored.entries()) if (mine[n] !== undefined) mine[n].id ||= row.id;
    expect({ id, resets: stored }).toEqual({
      id,
      resets: mine.map(({ reference: _reference, goneOn: _goneOn, ...reset }) => reset),
    });
    expect([id, state.credits[id] ?? '0']).toEqual([id, String(referrals.creditsOf(id, now))]);
  }
  const windows = resets.windows
    .all()
    .toSorted(([a], [b]) => order(a, b))
    .flatMap(([account, stored]) =>
      WINDOW_KINDS.flatMap((kind) => {
        const window = stored[kind];
        return window === undefined
          ? []
          : [{ account, kind, startedAt: window.startedAt, used: String(window.used) }];
      }),
    );
  expect(state.windows).toEqual(windows);
  expect(state.gifts).toEqual(
    [...gifts.gifts.values()].toSorted(byId).map((gift) => ({
      id: gift.id,
      status: gift.status,
      reason_code: gift.reason,
      deadline: gifts.deadlineOf(gift),
    })),
  );
  const reached = [...campaigns.campaigns.values()]
    .toSorted(byId)
    .flatMap(({ id, status, outcomes }): Row[] =>
      outcomes.size === 0
        ? [{ id, status, account: null, outcome: null }]
        : [...outcomes]
            .toSorted(([a], [b]) => order(a, b))
            .map(([account, { outcome }]) => ({ id, status, account, outcome })),
    );
  expect(state.campaigns).toEqual(reached);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
