/** The database that a simulation runs on, and its clients: each has pools of its own, as a server or worker would. */
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { Violation } from '../../src/ledger/verify.ts';
import { type CheckedDatabase, verify } from '../../src/ledger/verify.ts';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { type Fault, putBack } from './fault.ts';

export const CLIENTS = 3;

/** One of the clients. It does gifts under policies that change, and all else under one that stays. */
export type Client = { readonly gifts: Ledger; readonly rest: Ledger };

export type Rows = Record<string, unknown>[];

/** What stays when a database is emptied: policies and rules, and what remembers the schema and its months. */
const KEPT = `tablename NOT LIKE '%rules' AND tablename NOT LIKE 'polic%' AND tablename !~ '^usage_(months|\\d)'
  AND tablename NOT IN ('schemaversion', 'schema_version', 'append_only_tables', 'code')`;

/** Statements are planned once a connection: planning them anew takes longer than to run them on so little. */
const PLANNED = '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off';

/** What is shorter is no check. */
const NAME_LENGTH = 64;
const nameOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

export class World {
  readonly #adminUrl: string;
  readonly #name: string;
  readonly #pool: pg.Pool;
  /** Its transaction stays open for some steps. */
  readonly idler: pg.Client;
  readonly clients: readonly Client[];
  #emptying = '';

  private constructor(adminUrl: string, name: string, url: string, pool: pg.Pool, idler: pg.Client) {
    this.#adminUrl = adminUrl;
    this.#name = name;
    this.#pool = pool;
    this.idler = idler;
    const encryptionKey = randomBytes(32);
    this.clients = Array.from({ length: CLIENTS }, (_, client) => {
      const open = (does: keyof Client) =>
        createPostgresLedger({
          url: `${url}?application_name=client-${client}-${does}&options=${encodeURIComponent(PLANNED)}`,
          encryptionKey,
          connections: 1,
        });
      return { gifts: open('gifts'), rest: open('rest') };
    });
  }

  /** @param template a migrated database; `fault` is put into the copy of it. */
  static async open(adminUrl: string, template: string, fault?: Fault): Promise<World> {
    const name = `simulated_${randomBytes(6).toString('hex')}`;
    const url = await createDatabase(adminUrl, name, { template });
    const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, options: PLANNED });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    const idler = new pg.Client({ connectionString: url });
    idler.on('error', () => undefined);
    await idler.connect();
    const world = new World(adminUrl, name, url, pool, idler);
    if (fault !== undefined) await putBack(fault, (text, values) => world.sql(text, values));
    const tables = await world.sql(
      `SELECT string_agg(format('DELETE FROM boon.%I;', tablename), ' ') AS text FROM pg_tables WHERE schemaname = 'boon' AND ${KEPT}`,
    );
    world.#emptying = `SET session_replication_role = replica; ${tables[0]?.text} SET session_replication_role = origin`;
    return world;
  }

  async sql(text: string, values?: unknown[]): Promise<Rows> {
    return (await this.#pool.query(text, values)).rows;
  }

  /** The same, prepared under a name. */
  async read<Row>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#pool.query({ name, text, values })).rows as Row[];
  }

  /** Proves the whole ledger, with each check prepared: to plan them takes longer than to run them on so little. */
  async verify(at: string): Promise<Violation[]> {
    const client = await this.#pool.connect();
    const query = (text: string, values: unknown[] = []) =>
      client.query(text.length < NAME_LENGTH ? { text, values } : { name: nameOf(text), text, values });
    const prepared = { query, release: (broken: boolean) => client.release(broken) };
    const database = { connect: async () => prepared } as unknown as CheckedDatabase;
    return (await verify(database, undefined, { at })).violations;
  }

  /** Nothing is left but schema, policies and rules, however append-only it is. */
  async empty(): Promise<void> {
    await this.#pool.query(this.#emptying);
    await this.#pool.query(
      "INSERT INTO boon.ledger_accounts (id) VALUES ('boon:promotional') ON CONFLICT DO NOTHING",
    );
  }

  /** Ends a connection of a client, as a restart of PostgreSQL or of the network does. */
  async killConnection(client: number, does: keyof Client): Promise<void> {
    await this.#pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
      [`client-${client}-${does}`],
    );
  }

  async close(): Promise<void> {
    for (const { gifts, rest } of this.clients) await Promise.all([gifts.close(), rest.close()]);
    await this.idler.end();
    await this.#pool.end();
    await dropDatabase(this.#adminUrl, this.#name);
  }
}
