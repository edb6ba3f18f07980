/** What is wrong with a value that does not fit its schema, in words that a person can act on. */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** How a fault reads after the name of its field: "amount is required", "limit must be at most 100". */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a day such as "2026-11-28"',
  datetime: 'an RFC 3339 time such as "2026-06-11T09:00:00Z"',
  email: 'an e-mail address',
  url: 'a URL',
};

/**
 * The `error` of a zod parse: our words where a schema has none of its own.
 * @returns undefined where zod's own message must do.
 */
export function faultWords(issue: Issue): string | undefined {
  if (isMissing(issue)) return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${listed(issue.values)}`;
    case 'too_big':
      return bound(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin);
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return bound(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin);
    case 'unrecognized_keys':
      return `${issue.keys.map((key) => `"${key}"`).join(', ')} ${issue.keys.length > 1 ? 'are' : 'is'} not known here`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'in the form that the document describes'}`;
    case 'invalid_union':
      return 'has none of the forms that are allowed here';
    default:
      return;
  }
}

/** Whether the fault is that nothing was given. Parse with `reportInput`, or this cannot be seen. */
export function isMissing(issue: { readonly input?: unknown }): boolean {
  return 'input' in issue && issue.input === undefined;
}

function listed(values: readonly z.core.util.Primitive[]): string {
  const texts = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  return texts.length === 1 ? String(texts[0]) : `one of ${texts.join(', ')}`;
}

function bound(words: string, limit: number | bigint, origin: string): string {
  if (origin === 'array') return `must have ${words} ${limit} ${Number(limit) === 1 ? 'item' : 'items'}`;
  return `must be ${words} ${limit}${origin === 'string' ? ' characters' : ''}`;
}
