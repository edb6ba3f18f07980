/** Checks of what people send to a process: the arguments of its updates and signals. */
import type { FieldError } from '../contracts/errors.ts';
import { invalid } from './refusal.ts';
import { isRecord, UNWRITABLE } from './shape.ts';

/** Who acted, when the sender of a message does not say. */
export const BY_TEMPORAL = 'an operator through Temporal';

/** Throws the refusal of an update's argument: each named field must be a text (or may be, where it ends in `?`). */
export function checkArguments(
  update: string,
  example: string,
  given: unknown,
  fields: readonly string[],
): void {
  const form = `send ${update} an object such as ${example}`;
  if (given !== undefined && !isRecord(given)) throw invalid([{ path: update, message: `: ${form}` }]);
  const known = new Set([...fields, 'key?', 'attempt?'].map((field) => field.replace('?', '')));
  const errors = Object.keys(given ?? {})
    .filter((name) => !known.has(name))
    .map((name) => ({ path: name, message: `is not a field of ${update}` }));
  for (const field of fields) {
    const name = field.replace('?', '');
    const value = given?.[name];
    if (value === undefined && field.endsWith('?')) continue;
    errors.push(...textFault(name, value, 500));
  }
  for (const name of ['key', 'attempt']) {
    if (given?.[name] !== undefined) errors.push(...textFault(name, given[name], 600));
  }
  const last = errors.pop();
  if (last === undefined) return;
  throw invalid([...errors, { ...last, message: `${last.message}; ${form}` }], { attempt: given?.attempt });
}

/** What is wrong with a text from outside: nothing, or one fault. */
export function textFault(path: string, value: unknown, longest: number): FieldError[] {
  const fits = typeof value === 'string' && value.trim() !== '' && value.length <= longest;
  if (!fits) return [{ path, message: `must be a text of 1 to ${longest} characters` }];
  return UNWRITABLE.test(value) ? [{ path, message: 'must not contain control characters' }] : [];
}
