/** API keys on PostgreSQL. Only digests are stored; no method reads a clock. */
import type { GrantedScope } from '../../contracts/accounts/scopes.ts';
import type { ApiKeyId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { inputHash, type Recorded, recordOne, type Write } from '../postgres/recorded.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** What may be shown of a key. Times are RFC 3339. */
export type ApiKeyRecord = {
  id: ApiKeyId;
  name: string;
  /** Until when the key before the last rotation works. */
  previous_works_until: Instant | null;
  scopes: GrantedScope[];
  created_at: Instant;
  expires_at: Instant | null;
  rotated_at: Instant | null;
  last_used_at: Instant | null;
};

/** A key as it is stored, with the digest before the last rotation. */
export type StoredApiKey = ApiKeyRecord & { digest: Buffer; previous_digest: Buffer | null };

type NewApiKey = {
  id: ApiKeyId;
  name: string;
  digest: Buffer;
  scopes: readonly GrantedScope[];
  expires_at: Instant | null;
  at: Instant;
};

export type ApiKeyRotation = Write & { id: ApiKeyId; digest: Buffer; grace_seconds: number };

/** Every method may be repeated without harm. Rejects with `unavailable` when the database does not answer. */
export interface ApiKeys {
  /** Makes the key with this id, or makes it be like this. */
  put(key: NewApiKey): Promise<StoredApiKey>;
  /** Makes a key, once under its idempotency key. A repeated call answers the key made first; its digest is not used. */
  create(key: Write & NewApiKey): Promise<Recorded<ApiKeyRecord>>;
  /** A key that has not been revoked. */
  find(id: ApiKeyId): Promise<StoredApiKey | undefined>;
  /** The key, not revoked, that has or had this digest; notes its use to the minute. */
  findByDigest(digest: Buffer, at: Instant): Promise<StoredApiKey | undefined>;
  /** Those not revoked, the oldest first. */
  list(page: PageRequest): Promise<Page<StoredApiKey>>;
  /** Gives the key a new digest, once under its idempotency key; the one before works `grace_seconds` longer. */
  rotate(rotation: ApiKeyRotation): Promise<Recorded<ApiKeyRecord>>;
  revoke(id: ApiKeyId, at: Instant): Promise<void>;
  /** Whether there is any key that has not been revoked. */
  any(): Promise<boolean>;
}

/** As the driver reads them, or as JSON has them. */
type Times = {
  previous_works_until: Date | string | null;
  created_at: Date | string;
  expires_at: Date | string | null;
  rotated_at: Date | string | null;
  last_used_at: Date | string | null;
};
type Row = Pick<StoredApiKey, 'id' | 'name' | 'digest' | 'previous_digest' | 'scopes'> & Times;

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

const REVOKE = 'UPDATE boon.api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL';
const NOTE_USE = 'UPDATE boon.api_keys SET last_used_at = $2 WHERE id = $1';
const ANY = 'SELECT EXISTS (SELECT FROM boon.api_keys WHERE revoked_at IS NULL) AS any';

const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function createApiKeys(database: Database): ApiKeys {
  const find = async (id: ApiKeyId) => toKey(await queryRow<Row>(database, 'find_api_key', FIND, [id]));

  async function record(
    name: string,
    request: Write & { input_hash: string; digest: string },
  ): Promise<Recorded<ApiKeyRecord>> {
    const { value, replayed } = await recordOne<{ api_key: ApiKeyRecord }>(database, name, request);
    return { value: shown(value.api_key), replayed };
  }

  return {
    find,
    create({ id, digest, key, at, ...asked }) {
      const scopes = [...new Set(asked.scopes)];
      const request = { ...asked, scopes, key, at, id, digest: digest.toString('hex') };
      return record('create_api_key', { ...request, input_hash: inputHash({ ...asked, scopes }) });
    },
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
    rotate({ id, digest, grace_seconds, key, at }) {
      const previous_works_until = new Date(Date.parse(at) + grace_seconds * 1000).toISOString();
      const request = { key, at, id, digest: digest.toString('hex'), previous_works_until };
      return record('rotate_api_key', { ...request, input_hash: inputHash({ id, grace_seconds }) });
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
  return { ...row, ...shown(row) };
}

/** With times in our spelling. */
function shown<T extends Times>(row: T): Omit<T, keyof Times> & Pick<ApiKeyRecord, keyof Times> {
  return {
    ...row,
    previous_works_until: instantOrNull(row.previous_works_until),
    created_at: instant(row.created_at),
    expires_at: instantOrNull(row.expires_at),
    rotated_at: instantOrNull(row.rotated_at),
    last_used_at: instantOrNull(row.last_used_at),
  };
}
