/** Cursors of lists: opaque to callers, the sort key of the last row to us. */
import { BoonError } from '../../contracts/errors.ts';

/** The cursor behind the row with this sort key. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** What a part of a sort key may be: only what PostgreSQL can read as its type. */
export type Shape = { test(text: string): boolean };

/** @throws BoonError `validation_failed` when the text is no cursor whose parts each fit their shape. */
export function decodeCursor(cursor: string, shapes: readonly Shape[]): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === shapes.length) {
      if (key.every((part, index) => typeof part === 'string' && shapes[index]?.test(part) === true))
        return key;
    }
  } catch {
    // Falls through to the refusal.
  }
  throw new BoonError('validation_failed', 'The cursor did not come from a list.', {
    errors: [{ path: 'cursor', message: 'must be the next_cursor of the page before' }],
  });
}

export const DIGITS = /^\d{1,18}$/;
export const GIFT_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** An id of the caller's own: any text that PostgreSQL can hold. */
export const ANY_ID = /^[^\0]{1,200}$/;
/** `2026-11-30` */
export const DAY: Shape = { test: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) };
/** `2026-11-30T12:00:00.000Z`, to the microsecond at most. */
export const INSTANT: Shape = {
  test: (text) =>
    /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$/.test(text) && isDay(text.slice(0, 10)),
};

/** Whether the calendar has it. */
function isDay(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text) && !text.startsWith('0000');
}
