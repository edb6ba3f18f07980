import { expect, test } from 'vitest';
import { z } from 'zod';
import { faultWords } from '../../src/contracts/fault-words.ts';

function faults(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { error: faultWords, reportInput: true });
  return (error?.issues ?? []).map((issue) => issue.message);
}

test.each<[string, z.ZodType, unknown, string]>([
  ['a field that is missing', z.strictObject({ a: z.string() }), {}, 'is required'],
  ['a choice that is missing', z.strictObject({ a: z.enum(['x', 'y']) }), {}, 'is required'],
  ['a text where a number is wanted', z.number(), '1', 'must be a number'],
  ['a number where a text is wanted', z.string(), 1, 'must be a text'],
  ['null where a list is wanted', z.array(z.string()), null, 'must be a list'],
  ['a text where an object is wanted', z.strictObject({}), 'x', 'must be an object'],
  ['half a number', z.int(), 1.5, 'must be a whole number'],
  ['a text where a switch is wanted', z.boolean(), 'true', 'must be true or false'],
  ['a number above the most', z.int().max(100), 101, 'must be at most 100'],
  ['a number below the least', z.int().min(1), 0, 'must be at least 1'],
  ['a number at an open end', z.number().lt(1), 1, 'must be less than 1'],
  ['a text that is too long', z.string().max(3), 'four', 'must be at most 3 characters'],
  ['a text that is empty', z.string().min(1), '', 'must not be empty'],
  ['a list that is too long', z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
  ['a choice that is none', z.enum(['x', 'y', 'z']), 'q', 'must be one of "x", "y", "z"'],
  ['another value than the only one', z.literal('x'), 'y', 'must be "x"'],
  ['a field nobody knows', z.strictObject({}), { a: 1, b: 2 }, '"a", "b" are not known here'],
  ['no number at all', z.coerce.number(), 'abc', 'must be a number'],
])('%s is said in plain words', (_name, schema, value, words) => {
  expect(faults(schema, value)).toEqual([words]);
});

test('words of the schema’s own come first, but not for what is missing in an object', () => {
  const schema = z.strictObject({ a: z.string('must be a decimal string') });
  expect(faults(schema, { a: 1 })).toEqual(['must be a decimal string']);
});
