/** One database, one key: a process that has another neither finds the addresses of the others nor reads them. */
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from './address-vault.ts';
import { type Database, queryRow } from './database.ts';

/** The process has another key than the database was sealed with. */
class EncryptionKeyError extends Error {
  override readonly name = 'EncryptionKeyError';
}

/** The first key stays; the database of a version that noted none has something that was sealed with it, perhaps. */
const NOTE = `
  WITH noted AS (
    INSERT INTO boon.encryption_key (check_value, since) SELECT $1, $2 WHERE $3 ON CONFLICT DO NOTHING RETURNING check_value, since
  )
  SELECT check_value, since FROM noted UNION ALL SELECT check_value, since FROM boon.encryption_key LIMIT 1`;

const SEALED = `
  SELECT sealed FROM (
    (SELECT a.email_sealed AS sealed FROM boon.accounts a WHERE a.email_sealed IS NOT NULL LIMIT 1)
    UNION ALL (SELECT g.email_sealed FROM boon.gifts g WHERE g.email_sealed IS NOT NULL LIMIT 1)
    UNION ALL (SELECT r.email_sealed FROM boon.referrals r LIMIT 1)) s LIMIT 1`;

/** @throws EncryptionKeyError when the database was sealed with another key. */
export async function requireOwnKey(database: Database, vault: AddressVault, at: Instant): Promise<void> {
  const sealed = await queryRow<{ sealed: Buffer }>(database, 'something_sealed', SEALED, []);
  const opens = sealed === undefined || vault.openIfItCan(sealed.sealed) !== undefined;
  const values = [vault.checkValue(), at, opens];
  const note = async () =>
    await queryRow<{ check_value: Buffer; since: Date }>(database, 'note_encryption_key', NOTE, values);
  // Where another process notes one at the same moment, it is there by the second look.
  const noted = (await note()) ?? (await note());
  if (noted?.check_value.equals(vault.checkValue()) === true) return;
  const since = noted === undefined ? '' : `, in use since ${noted.since.toISOString()}`;
  throw new EncryptionKeyError(
    `BOON_ENCRYPTION_KEY is not the key of this database${since}. Set it to the key that the other servers and workers have; without it addresses and claim links cannot be read.`,
  );
}
