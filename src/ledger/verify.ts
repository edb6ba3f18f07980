/** `boon ledger verify`: proves the invariants in one snapshot. A report names the account, lot or gift. */

import type pg from 'pg';
import { BoonError } from '../contracts/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { INCREMENTAL, OF_KINDS, SCANNED, type Since } from './incremental-invariants.ts';
import { INVARIANTS } from './invariants.ts';
import { isPassing } from './postgres/database.ts';

import { TIMELY_INVARIANTS } from './timely-invariants.ts';

/** One broken invariant: its name and what was found. */
export type Violation = { invariant: string; detail: string };
export type VerifyReport = {
  ok: boolean;
  checked: {
    transfers: number;
    entries: number;
    lots: number;
    gifts: number;
    accounts: number;
    blocks: number;
  };
  violations: Violation[];
  /** Asked for what came since a checkpoint: its number; null when everything was proved instead. */
  since_checkpoint?: number | null;
};

export type VerifyOptions = {
  /** Now: what should have happened by then is looked for too. Left out: it is not. */
  at?: Instant | undefined;
  /** Only what came since the last checkpoint; everything where there is none, or where it does not stand any more. */
  sinceCheckpoint?: boolean | undefined;
  /** Whether a checkpoint is kept when everything holds. */
  keepCheckpoint?: boolean | undefined;
};

const COUNTS = `
  SELECT (SELECT count(*) FROM boon.transfers) AS transfers, (SELECT count(*) FROM boon.entries) AS entries,
    (SELECT count(*) FROM boon.lots) AS lots, (SELECT count(*) FROM boon.gifts) AS gifts,
    (SELECT count(*) FROM boon.accounts) AS accounts, (SELECT count(*) FROM boon.blocks) AS blocks`;

/** Since a checkpoint only what came after it is counted, of the tables that can tell. */
const countsSince = ({ from, block }: Since) => `
  SELECT (SELECT count(*) FROM boon.transfers WHERE seq >= ${from}) AS transfers, (SELECT count(*) FROM boon.entries WHERE transfer >= ${from}) AS entries,
    (SELECT count(*) FROM boon.lots WHERE transfer >= ${from}) AS lots,
    (SELECT count(DISTINCT reference) FROM boon.transfers WHERE seq >= ${from} AND kind = 'gift') AS gifts,
    (SELECT count(DISTINCT account_id) FROM boon.entries WHERE transfer >= ${from}) AS accounts,
    (SELECT count(*) FROM boon.blocks WHERE number > ${block}) AS blocks`;

/** The most faults that one check reports. */
const MOST_FAULTS = 20;

/** Where the checks are run: a pool, of which one connection is taken. */
export type CheckedDatabase = { connect: () => Promise<Pick<pg.PoolClient, 'query' | 'release'>> };
type Connection = Awaited<ReturnType<CheckedDatabase['connect']>>;

/** How often each table was written to, its rows changed, and deleted. */
type Written = Readonly<Record<string, readonly [number, number, number]>>;
type Checkpoint = Since & { number: string; written: Written };

/** Runs the checks in one snapshot. `progress` is called with the name of each as it begins. */
export async function verify(
  database: CheckedDatabase,
  progress: (check: string) => void = () => undefined,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  try {
    return await runChecks(database, progress, options);
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new BoonError('unavailable', 'The ledger does not answer.', { cause: error });
  }
}

async function runChecks(
  database: CheckedDatabase,
  progress: (check: string) => void,
  { at, sinceCheckpoint = false, keepCheckpoint: wanted = false }: VerifyOptions,
): Promise<VerifyReport> {
  const client = await database.connect();
  let done = false;
  try {
    const keepCheckpoint = wanted && !(await isReplica(client));
    // Ahead of the snapshot: what is counted here can be seen in it.
    const written = sinceCheckpoint || keepCheckpoint ? await readWritten(client) : {};
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ ${keepCheckpoint ? 'READ WRITE' : 'READ ONLY'}`,
    );
    await client.query('SET LOCAL statement_timeout = 0');
    const checkpoint = sinceCheckpoint ? await lastCheckpoint(client, written) : undefined;
    const checks = checkpoint === undefined ? INVARIANTS : await checksSince(client, checkpoint, written);
    const violations: Violation[] = [];
    const check = async (invariant: string, query: string, values: unknown[]) => {
      progress(invariant);
      if (checkpoint !== undefined)
        await client.query(`SET LOCAL enable_nestloop = ${SCANNED.has(invariant) ? 'off' : 'on'}`);
      const { rows } = await client.query<{ detail: string }>(`${query} LIMIT ${MOST_FAULTS}`, values);
      violations.push(...rows.map(({ detail }) => ({ invariant, detail })));
    };
    for (const [invariant, query] of Object.entries(checks)) await check(invariant, query, []);
    if (at !== undefined)
      for (const [invariant, query] of Object.entries(TIMELY_INVARIANTS)) await check(invariant, query, [at]);
    const { rows } = await client.query(checkpoint === undefined ? COUNTS : countsSince(checkpoint));
    const ok = violations.length === 0;
    if (ok && keepCheckpoint)
      await client.query('SELECT boon_code.keep_checkpoint($1, $2)', [
        JSON.stringify(written),
        checkpoint?.block ?? null,
      ]);
    await client.query('COMMIT');
    done = true;
    return {
      ok,
      checked: toCounts(rows[0] ?? {}),
      violations,
      ...(sinceCheckpoint
        ? { since_checkpoint: checkpoint === undefined ? null : Number(checkpoint.number) }
        : {}),
    };
  } finally {
    // A fault leaves the transaction open: such a connection is not used again.
    client.release(!done);
  }
}

function toCounts(row: Record<string, unknown>): VerifyReport['checked'] {
  const count = (what: string) => Number(row[what] ?? 0);
  return {
    transfers: count('transfers'),
    entries: count('entries'),
    lots: count('lots'),
    gifts: count('gifts'),
    accounts: count('accounts'),
    blocks: count('blocks'),
  };
}

/** A replica can be proved, and takes no checkpoint. */
async function isReplica(client: Connection): Promise<boolean> {
  const { rows } = await client.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  return rows[0]?.replica === true;
}

async function readWritten(client: Connection): Promise<Written> {
  const { rows } = await client.query<{ written: Written }>('SELECT boon_code.written() AS written');
  return rows[0]?.written ?? {};
}

/**
 * The last checkpoint, if what it says still stands: its block is in the chain, and no row of what never changes was
 * changed or deleted since. Else everything is proved.
 */
async function lastCheckpoint(client: Connection, written: Written): Promise<Checkpoint | undefined> {
  const { rows } = await client.query<Checkpoint & { stands: boolean }>(`
    SELECT c.number, c.block, c.written, boon_code.unproven_from(c.block) AS "from",
      c.block = 0 OR EXISTS (SELECT FROM boon.blocks b WHERE b.number = c.block AND b.hash = c.hash) AS stands
    FROM boon.checkpoints c ORDER BY c.number DESC LIMIT 1`);
  const { rows: guarded } = await client.query<{ name: string }>('SELECT name FROM boon.append_only_tables');
  const [last] = rows;
  if (last === undefined || !last.stands) return undefined;
  const changed = guarded.some(({ name }) => {
    const [, updated, deleted] = last.written[name] ?? [0, 0, 0];
    const [, updatedNow, deletedNow] = written[name] ?? [0, 0, 0];
    return updated !== updatedNow || deleted !== deletedNow;
  });
  return changed ? undefined : last;
}

/** The checks that what was written since a checkpoint can have broken, each as narrow as it can be. */
async function checksSince(
  client: Connection,
  checkpoint: Checkpoint,
  written: Written,
): Promise<Record<string, string>> {
  const texts = await readTexts(client);
  const isChanged = (name: string) =>
    JSON.stringify(written[name] ?? [0, 0, 0]) !== JSON.stringify(checkpoint.written[name] ?? [0, 0, 0]);
  const newKinds = await readKindsSince(client, checkpoint);
  const isLeftOut = (invariant: string, query: string) => {
    const narrow = invariant in INCREMENTAL;
    const kinds = OF_KINDS[invariant];
    if (kinds === undefined) return !narrow && ![...tablesOf(query, texts)].some(isChanged);
    const tables = [...tablesOf(query, texts)].filter((name) => !MOVED_WITH_TRANSFERS.has(name));
    return !kinds.some((kind) => newKinds.has(kind)) && !tables.some(isChanged);
  };
  const checks = Object.entries(INVARIANTS)
    .filter(([invariant, query]) => !isLeftOut(invariant, query))
    .map(([invariant, query]) => [invariant, INCREMENTAL[invariant]?.(query, checkpoint) ?? query]);
  return Object.fromEntries(checks);
}

/** Whose rows come, or change, with a transfer. */
const MOVED_WITH_TRANSFERS = new Set(['transfers', 'entries', 'lots']);

/** The kinds of transfers that came since a checkpoint. */
async function readKindsSince(client: Connection, { from }: Since): Promise<Set<string>> {
  const { rows } = await client.query<{ kind: string }>(
    `SELECT DISTINCT kind FROM boon.transfers WHERE seq >= ${from}`,
  );
  return new Set(rows.map(({ kind }) => kind));
}

/** The texts of views and functions, for what they read. */
async function readTexts(client: Connection): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; text: string }>(`
    SELECT p.proname AS name, pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.pronamespace IN ('boon'::regnamespace, 'boon_code'::regnamespace) AND p.prokind = 'f'
    UNION ALL
    SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relnamespace = 'boon'::regnamespace AND c.relkind = 'v'`);
  const texts = new Map<string, string>();
  for (const { name, text } of rows) texts.set(name, `${texts.get(name) ?? ''}\n${text}`);
  return texts;
}

/** Every name of the schema that a query uses, through views and functions too. */
function tablesOf(query: string, texts: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>();
  const look = (text: string) => {
    for (const [, name = ''] of text.matchAll(/boon(?:_code)?\.(\w+)/g)) {
      if (found.has(name)) continue;
      found.add(name);
      const more = texts.get(name);
      if (more !== undefined) look(more);
    }
  };
  look(query);
  return found;
}
