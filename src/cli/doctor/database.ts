/** The database: whether it answers, its schema, its clock, and what waits in it. */
import pg from 'pg';
import { schemaVersions } from '../../ledger/postgres/migrate.ts';
import { assertDatabaseAnswers } from '../../local/reachable.ts';
import { type Finding, fault, ok, reason, warning } from './finding.ts';

/** Clocks further apart than this make gifts settle visibly early or late. */
const SKEW_MS = 2_000;
/** `reconcile` ends what is this long overdue; more means that no worker works. */
const OVERDUE_MS = 15 * 60_000;

export async function checkDatabase(url: string): Promise<Finding[]> {
  try {
    await assertDatabaseAnswers(url);
  } catch (error) {
    return [fault('PostgreSQL', reason(error), 'Check DATABASE_URL and that PostgreSQL runs there.')];
  }
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const schema = await checkSchema(url);
    const inUse =
      schema.state === 'ok'
        ? [
            await checkGifts(client),
            await checkCases(client),
            await checkSealing(client),
            await checkStuck(client),
          ]
        : [];
    return [await checkServer(client), schema, await checkClock(client), ...inUse];
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query("SELECT current_setting('server_version') AS version");
  return ok('PostgreSQL', `${rows[0].version} answers`);
}

async function checkSchema(url: string): Promise<Finding> {
  const part = 'schema';
  const { present, known, functions } = await schemaVersions(url);
  if (present > known) {
    return fault(
      part,
      `version ${present}, and this Boon knows ${known}`,
      'Run the newer Boon that made it.',
    );
  }
  const remedy = 'Run `boon migrate`, or start a server or worker.';
  if (present < known) return fault(part, `version ${present}, and this Boon needs ${known}`, remedy);
  return functions.present === functions.known
    ? ok(part, `version ${present}, functions ${functions.present}`)
    : fault(part, `functions ${functions.present}, and this Boon has ${functions.known}`, remedy);
}

async function checkClock(client: pg.Client): Promise<Finding> {
  const part = 'clock of the database';
  const began = Date.now();
  const { rows } = await client.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms');
  const here = (began + Date.now()) / 2;
  const skew = Math.round(Number(rows[0].ms) - here);
  return Math.abs(skew) <= SKEW_MS
    ? ok(part, `${skew} ms from ours`)
    : warning(part, `${skew} ms from ours`, 'Set both clocks by NTP.');
}

async function checkCases(client: pg.Client): Promise<Finding> {
  const part = 'open cases';
  const text = "SELECT count(*)::int AS open FROM boon.payment_cases WHERE status = 'open'";
  const { open } = (await client.query(text)).rows[0];
  return open === 0
    ? ok(part, 'none')
    : warning(
        part,
        `${open}: payments that do not fit what they name`,
        'See `boon case list --status open`, decide, and close them.',
      );
}

async function checkStuck(client: pg.Client): Promise<Finding> {
  const part = 'stuck items';
  const text = `SELECT what, count(*)::int AS count, min(since) AS since FROM boon.stuck_items GROUP BY what ORDER BY min(since)`;
  const { rows } = await client.query<{ what: string; count: number; since: Date }>(text);
  if (rows.length === 0) return ok(part, 'none');
  const each = rows.map(({ what, count, since }) => `${count} of ${what} since ${since.toISOString()}`);
  return fault(
    part,
    each.join(', '),
    'See `boon stuck list` for the errors; `boon stuck retry` tries at once.',
  );
}

async function checkGifts(client: pg.Client): Promise<Finding> {
  const part = 'open gifts';
  const { rows } = await client.query(
    'SELECT count(*)::int AS open, count(*) FILTER (WHERE deadline < $1)::int AS overdue FROM boon.gifts WHERE deadline IS NOT NULL',
    [new Date(Date.now() - OVERDUE_MS)],
  );
  const { open, overdue } = rows[0];
  return overdue === 0
    ? ok(part, `${open}, none overdue`)
    : fault(
        part,
        `${overdue} of ${open} are overdue`,
        'Start a worker; see that the schedule boon-reconcile is not paused.',
      );
}

async function checkSealing(client: pg.Client): Promise<Finding> {
  const part = 'sealing';
  const { rows } = await client.query<{ transfers: string; oldest_at: Date | null }>(
    `SELECT transfers, oldest_at FROM boon_code.unsealed()`,
  );
  const { transfers = '0', oldest_at = null } = rows[0] ?? {};
  const age = oldest_at === null ? 0 : Math.max(0, Date.now() - oldest_at.getTime());
  return age > OVERDUE_MS
    ? fault(
        part,
        `${transfers} transfers are unsealed, the oldest for ${Math.floor(age / 60_000)} minutes`,
        'Start a worker; see that the schedule boon-reconcile is not paused. `boon ledger seal` seals them now.',
      )
    : ok(
        part,
        `${transfers} transfers to be sealed${oldest_at === null ? '' : `, the oldest ${Math.round(age / 1000)} s old`}`,
      );
}
