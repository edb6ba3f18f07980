/** Cursors of lists: opaque to callers, the sort key of the last row to us. */
import { BoonError } from '../../contracts/errors.ts';

/** The cursor behind the row with this sort key. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws BoonError `validation_failed` when the text is no cursor of `length` parts that each fit `shapes`. */
export function decodeCursor(cursor: string, shapes: readonly RegExp[]): string[] {
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
