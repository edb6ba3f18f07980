/** Which faults of the database pass by themselves, and what is asked again because of it. */
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { isLocked, isPassing, isTaken, persist } from '../../src/ledger/postgres/database.ts';

function fault(code: string, constraint?: string): Error {
  const error = new pg.DatabaseError(`a fault with the code ${code}`, 0, 'error');
  return Object.assign(error, { code, constraint });
}
const refused = (code: string) => Object.assign(new Error(code), { code });

describe('a fault', () => {
  test.each([
    ['08006', 'a connection that was lost'],
    ['57P01', 'a server that is shut down'],
    ['57P03', 'a server that starts'],
    ['53300', 'no connection left'],
    ['25P03', 'a transaction that stood idle'],
    ['40001', 'a serialization failure'],
    ['40P01', 'a deadlock'],
    ['55P03', 'a lock that was waited for'],
  ])('with the code %s passes: %s', (code) => {
    expect(isPassing(fault(code))).toBe(true);
    expect(isLocked(fault(code))).toBe(code === '55P03');
  });

  test.each(['57P04', '57014', '23505', '22003', '42601', '0800', '080061'])(
    'with the code %s does not',
    (code) => {
      expect(isPassing(fault(code))).toBe(false);
      expect(isLocked(fault(code))).toBe(false);
    },
  );

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])(
    'of the network passes: %s',
    (code) => expect(isPassing(refused(code))).toBe(true),
  );

  test.each([
    ['Connection terminated unexpectedly', true],
    ['timeout exceeded when trying to connect', true],
    ['Client has encountered a connection error and is not queryable', true],
    ['something else', false],
  ])('without a code passes by its words: “%s” %s', (words, passes) => {
    expect(isPassing(new Error(words))).toBe(passes);
  });

  test.each([undefined, null, 'terminated', { code: '40P01' }])('that is no error does not: %o', (odd) => {
    expect(isPassing(odd)).toBe(false);
    if (odd !== null && typeof odd !== 'object') expect(isLocked(odd)).toBe(false);
  });

  test('that a key is taken passes, for its answer can be read; that another row is there does not', () => {
    expect(isPassing(fault('23505', 'idempotency_keys_pkey'))).toBe(true);
    expect(isPassing(fault('23505', 'gifts_pkey'))).toBe(false);
    expect(isTaken(fault('23505', 'gifts_pkey'), 'gifts_pkey')).toBe(true);
    expect(isTaken(fault('23505', 'gifts_pkey'), 'resets_pkey')).toBe(false);
    expect(isTaken(fault('23514', 'gifts_pkey'), 'gifts_pkey')).toBe(false);
  });
});

describe('work', () => {
  /** Fails so often with the fault; answers how often it was done. */
  async function done(error: Error, times: number, patience: number) {
    let tries = 0;
    const work = async () => {
      tries += 1;
      if (tries <= times) throw error;
      return 'done';
    };
    const outcome = await persist(work, patience).catch(({ code, message }) => code ?? message);
    return { outcome, tries };
  }

  test('is done again after a fault that passes, for as long as there is patience', async () => {
    expect(await done(fault('40P01'), 2, 60_000)).toEqual({ outcome: 'done', tries: 3 });
    expect(await done(fault('40P01'), 2, 0)).toEqual({ outcome: 'unavailable', tries: 1 });
  });

  test('that took too long would take as long again: it is not done again, and is no fault of who asked', async () => {
    expect(await done(fault('57014'), 1, 60_000)).toEqual({ outcome: 'unavailable', tries: 1 });
  });

  test('is not done again after a fault of its own', async () => {
    expect(await done(fault('23514'), 1, 60_000)).toEqual({ outcome: '23514', tries: 1 });
  });
});
