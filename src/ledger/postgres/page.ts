/** Pages of lists. */
import { encodeCursor } from './cursor.ts';

/** A page: rows and where the next one begins (opaque), or null at the end. */
export type Page<T> = { data: T[]; next_cursor: string | null };

export type PageRequest = { limit: number; cursor?: string | undefined };

/** Cuts a page out of rows that were asked for with one more than the limit. */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => string[],
  rowOf: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(rowOf),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}
