/** API keys on PostgreSQL. Only digests are stored; no method reads a clock. */
import type { GrantedScope } from '../../contracts/accounts/scopes.ts';
import type { ApiKeyId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** A key as it is stored. Times are RFC 3339. */
export type StoredApiKey = {
  id: ApiKeyId;
  name: string;
  digest: Buffer;
  /** The digest before the last rotation, and until when it counts. */
  previous_digest: Buffer | null;
  previous_works_until: Instant | null;
  scopes: GrantedScope[];
  created_at: Instant;
  expires_at: Instant | null;
  rotated_at: Instant | null;
  last_used_at: Instant | null;
};

type NewApiKey = {
  id: ApiKeyId;
  name: string;
  digest: Buffer;
  scopes: readonly GrantedScope[];
  expires_at: Instant | null;
  at: Instant;
};

/** Every method may be repeated without harm. Rejects with `unavailable` when the database does not answer. */
export interface ApiKeys {
  /** Makes the key with this id, or makes it be like this. */
  put(key: NewApiKey): Promise<StoredApiKey>;
  /** A key that has not been revoked. */
  find(id: ApiKeyId): Promise<StoredApiKey | undefined>;
  /** The key, not revoked, that has or had this digest; notes its use to the minute. */
  findByDigest(digest: Buffer, at: Instant): Promise<StoredApiKey | undefined>;
  /** Those not revoked, the oldest first. */
  list(page: PageRequest): Promise<Page<StoredApiKey>>;
  /** Gives the key a new digest; the one before counts until `previousWorksUntil`. */
  rotate(
    id: ApiKeyId,
    digest: Buffer,
    previousWorksUntil: Instant,
    at: Instant,
  ): Promise<StoredApiKey | undefined>;
  revoke(id: ApiKeyId, at: Instant): Promise<void>;
  /** Whether there is any key that has not been revoked. */
  any(): Promise<boolean>;
}

type Row = Pick<StoredApiKey, 'id' | 'name' | 'digest' | 'previous_digest' | 'scopes'> & {
  previous_works_until: Date | null;
  created_at: Date;
  expires_at: Date | null;
  rotated_at: Date | null;
  last_used_at: Date | null;
};

const COLUMNS =
  'id, name, digest, previous_digest, previous_works_until, scopes, created_at, expires_at, rotated_at, last_used_at';

const PUT = `
  INSERT INTO boon.api_keys (id, name, digest, scopes, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, digest = excluded.digest, scopes = excluded.scopes,
    expires_at = excluded.expires_at, revoked_at = NULL
  RETURNING ${COLUMNS}`;

const FIND = `SELECT ${COLUMNS} FROM boon.api_keys WHERE id = $1 AND revoked_at IS NULL`;

const FIND_BY_DIGEST = `
  SELECT ${COLUMNS} FROM boon.api_keys WHERE (digest = $1 OR previous_digest = $1) AND revoked_at IS NULL
  ORDER BY (digest = $1) DESC LIMIT 1`;

const LIST = `SELECT ${COLUMNS} FROM boon.api_keys WHERE revoked_at IS NULL AND id > $1 ORDER BY id LIMIT $2`;

/** `digest <> $2`: a rotation asked for twice must not make the new key its own predecessor. */
const ROTATE = `
  UPDATE boon.api_keys SET previous_digest = digest, previous_works_until = $3, digest = $2, rotated_at = $4
  WHERE id = $1 AND revoked_at IS NULL AND digest <> $2`;

const REVOKE = 'UPDATE boon.api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL';
const NOTE_USE = 'UPDATE boon.api_keys SET last_used_at = $2 WHERE id = $1';
const ANY = 'SELECT EXISTS (SELECT FROM boon.api_keys WHERE revoked_at IS NULL) AS any';

const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function createApiKeys(database: Database): ApiKeys {
  const find = async (id: ApiKeyId) => toKey(await queryRow<Row>(database, 'find_api_key', FIND, [id]));

  return {
    find,
    async put(key) {
      const values = [key.id, key.name, key.digest, key.scopes, key.expires_at, key.at];
      const stored = toKey(await queryRow<Row>(database, 'put_api_key', PUT, values));
      if (stored === undefined) throw new Error('INSERT … RETURNING gave no row');
      return stored;
    },
    async findByDigest(digest, at) {
      const key = toKey(await queryRow<Row>(database, 'find_api_key_by_digest', FIND_BY_DIGEST, [digest]));
      // At most once a minute, so that a busy key costs no writes.
      if (key !== undefined && Date.parse(at) - Date.parse(key.last_used_at ?? '1970-01-01') >= 60_000) {
        await queryRow(database, 'note_use_of_api_key', NOTE_USE, [key.id, at]);
      }
      return key;
    },
    async list({ limit, cursor }) {
      const [after] = cursor === undefined ? [''] : decodeCursor(cursor, [KEY_ID]);
      const rows = await queryRows<Row>(database, 'list_api_keys', LIST, [after, limit + 1]);
      return toPage(rows, limit, (row) => [row.id], stored);
    },
    async rotate(id, digest, previousWorksUntil, at) {
      await queryRow(database, 'rotate_api_key', ROTATE, [id, digest, previousWorksUntil, at]);
      return find(id);
    },
    async revoke(id, at) {
      await queryRow(database, 'revoke_api_key', REVOKE, [id, at]);
    },
    async any() {
      return (await queryRow<{ any: boolean }>(database, 'any_api_key', ANY, []))?.any === true;
    },
  };
}

function toKey(row: Row | undefined): StoredApiKey | undefined {
  return row === undefined ? undefined : stored(row);
}

function stored(row: Row): StoredApiKey {
  return {
    ...row,
    previous_works_until: instantOrNull(row.previous_works_until),
    created_at: instant(row.created_at),
    expires_at: instantOrNull(row.expires_at),
    rotated_at: instantOrNull(row.rotated_at),
    last_used_at: instantOrNull(row.last_used_at),
  };
}
