/** API keys on PostgreSQL. Only digests are stored; no method reads a clock. */
import type pg from 'pg';
import type { GrantedScope } from '../contracts/scopes.ts';
import type { Page, PageRequest } from './ledger.ts';

/** A key as it is stored. Times are RFC 3339. */
export type StoredApiKey = {
  id: string;
  name: string;
  digest: Buffer;
  previous_digest: Buffer | null;
  previous_works_until: string | null;
  scopes: GrantedScope[];
  created_at: string;
  expires_at: string | null;
  rotated_at: string | null;
  last_used_at: string | null;
};

export type NewApiKey = {
  id: string;
  name: string;
  digest: Buffer;
  scopes: readonly GrantedScope[];
  expires_at: string | null;
  at: string;
};

export interface ApiKeys {
  create(key: NewApiKey): Promise<StoredApiKey>;
  /** Makes the key with this id have this digest and name no matter what it had; for the bootstrap key. */
  put(key: NewApiKey): Promise<StoredApiKey>;
  find(id: string): Promise<StoredApiKey | undefined>;
  /** The key, not revoked, that has or had this digest; notes its use to the minute. */
  findByDigest(digest: Buffer, at: string): Promise<StoredApiKey | undefined>;
  list(page: PageRequest): Promise<Page<StoredApiKey>>;
  rotate(
    id: string,
    digest: Buffer,
    previousWorksUntil: string,
    at: string,
  ): Promise<StoredApiKey | undefined>;
  /** Returns whether there was such a key. */
  revoke(id: string, at: string): Promise<boolean>;
  /** Whether any key is there that has not been revoked. */
  any(): Promise<boolean>;
}

type Row = Omit<StoredApiKey, 'created_at' | `${string}_at` | 'previous_works_until'> & {
  created_at: Date;
  expires_at: Date | null;
  rotated_at: Date | null;
  last_used_at: Date | null;
  previous_works_until: Date | null;
};

const COLUMNS =
  'id, name, digest, previous_digest, previous_works_until, scopes, created_at, expires_at, rotated_at, last_used_at';

/** @param database a pool of connections to a database with Boon's schema. */
export function createApiKeys(database: Pick<pg.Pool, 'query'>): ApiKeys {
  async function rows(text: string, values: readonly unknown[]): Promise<StoredApiKey[]> {
    return (await database.query<Row>(text, [...values])).rows.map(stored);
  }

  return {
    async create(key) {
      return required(await rows(`${INSERT} RETURNING ${COLUMNS}`, insertValues(key)));
    },
    async put(key) {
      const text = `${INSERT} ON CONFLICT (id) DO UPDATE SET name = excluded.name, digest = excluded.digest,
        scopes = excluded.scopes, expires_at = excluded.expires_at, revoked_at = NULL RETURNING ${COLUMNS}`;
      return required(await rows(text, insertValues(key)));
    },
    async find(id) {
      return (
        await rows(`SELECT ${COLUMNS} FROM boon.api_keys WHERE id = $1 AND revoked_at IS NULL`, [id])
      )[0];
    },
    async findByDigest(digest, at) {
      const found = await rows(
        `SELECT ${COLUMNS} FROM boon.api_keys WHERE (digest = $1 OR previous_digest = $1) AND revoked_at IS NULL
         ORDER BY (digest = $1) DESC LIMIT 1`,
        [digest],
      );
      if (found[0] !== undefined) await noteUse(database, found[0], at);
      return found[0];
    },
    async list({ limit, cursor }) {
      const found = await rows(
        `SELECT ${COLUMNS} FROM boon.api_keys WHERE revoked_at IS NULL AND id > $1 ORDER BY id LIMIT $2`,
        [cursor ?? '', limit + 1],
      );
      const data = found.slice(0, limit);
      return { data, next_cursor: found.length > limit ? (data.at(-1)?.id ?? null) : null };
    },
    async rotate(id, digest, previousWorksUntil, at) {
      const found = await rows(
        `UPDATE boon.api_keys SET previous_digest = digest, previous_works_until = $3, digest = $2, rotated_at = $4
         WHERE id = $1 AND revoked_at IS NULL RETURNING ${COLUMNS}`,
        [id, digest, previousWorksUntil, at],
      );
      return found[0];
    },
    async revoke(id, at) {
      const text = 'UPDATE boon.api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL';
      return (await database.query(text, [id, at])).rowCount === 1;
    },
    async any() {
      return (
        (await database.query('SELECT 1 FROM boon.api_keys WHERE revoked_at IS NULL LIMIT 1')).rowCount === 1
      );
    },
  };
}

const INSERT = `INSERT INTO boon.api_keys (id, name, digest, scopes, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;

function insertValues(key: NewApiKey): unknown[] {
  return [key.id, key.name, key.digest, key.scopes, key.expires_at, key.at];
}

/** Use is noted at most once a minute, so that a busy key costs no writes. */
async function noteUse(database: Pick<pg.Pool, 'query'>, key: StoredApiKey, at: string): Promise<void> {
  if (key.last_used_at !== null && Date.parse(at) - Date.parse(key.last_used_at) < 60_000) return;
  await database.query('UPDATE boon.api_keys SET last_used_at = $2 WHERE id = $1', [key.id, at]);
}

function stored(row: Row): StoredApiKey {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    expires_at: instant(row.expires_at),
    rotated_at: instant(row.rotated_at),
    last_used_at: instant(row.last_used_at),
    previous_works_until: instant(row.previous_works_until),
  };
}

function instant(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

function required(rows: StoredApiKey[]): StoredApiKey {
  const [row] = rows;
  if (row === undefined) throw new Error('INSERT … RETURNING gave no row');
  return row;
}
