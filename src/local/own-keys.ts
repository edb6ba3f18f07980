import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptSecret } from './kept-secret.ts';
import { LocalSetupError } from './setup-error.ts';

/** The file in the data folder that the operator key is kept in. */
export function apiKeyFile(dataDir: string): string {
  return join(dataDir, 'api-key');
}

/**
 * The key that encrypts addresses in the local database, made with it and kept beside it.
 *
 * @throws LocalSetupError when the database is there and its key is not: another key would open nothing in it
 */
export async function ownEncryptionKey(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, 'encryption-key');
  if (!existsSync(file) && existsSync(join(dataDir, 'postgres', 'data'))) {
    throw new LocalSetupError(
      `${file}, which encrypts the addresses in the local database, is missing: restore it, or delete ${dataDir} to begin anew`,
    );
  }
  return Buffer.from(await keptSecret(file, () => randomBytes(32).toString('base64')), 'base64');
}
