import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/contracts/error-codes.ts';
import { BoonError } from '../../src/contracts/errors.ts';
import { GIFT_REFUSAL_REASONS } from '../../src/domain/gift-reasons.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

test('no advice names a field that the refusal does not have', () => {
  for (const code of CODES) {
    const bare = new BoonError(code, 'detail').fix;
    expect(bare, code).not.toMatch(/`(errors|reason_code)`/);
    const full = new BoonError(code, 'detail', {
      errors: [{ path: 'a', message: 'is required' }],
      reasonCode: 'x',
    });
    expect(full.fix, code).toBe(ERRORS[code].fix);
  }
});

test('every advice is a sentence, and every code has one', () => {
  for (const code of CODES) expect(ERRORS[code].fix, code).toMatch(/^[A-Z].*\.$/);
});

test('a limit of gifts has advice of its own, and least and most are told apart', () => {
  const fix = (reasonCode: string) => new BoonError('gift_limit_exceeded', 'detail', { reasonCode }).fix;
  expect(fix('below_least')).toBe('Give at least what `detail` names.');
  expect(fix('above_most')).toBe('Give at most what `detail` names.');
  const own = GIFT_REFUSAL_REASONS.filter((reason) => fix(reason) !== ERRORS.gift_limit_exceeded.fix);
  expect(own).toEqual(expect.arrayContaining(['per_day_count', 'per_month_amount', 'promotional_count']));
});

test('advice that a caller gives wins', () => {
  expect(new BoonError('not_found', 'detail', { fix: 'Check the path.' }).fix).toBe('Check the path.');
});
