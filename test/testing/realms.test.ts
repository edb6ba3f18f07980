import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { isPassing } from '../../src/ledger/postgres/database.ts';
import { systemErrorCode } from '../../src/local/setup-error.ts';

/** Test runners that load modules into a realm of their own, as Jest does, meet Node's errors as another realm's. */
test('an error of another realm is an error', () => {
  const foreign: unknown = runInNewContext("Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })");
  expect(foreign).not.toBeInstanceOf(Error);
  expect(systemErrorCode(foreign)).toBe('ECONNREFUSED');
  expect(isPassing(foreign)).toBe(true);
  expect(systemErrorCode({ code: 'ENOENT' })).toBeUndefined();
});
