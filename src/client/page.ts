/** Lists come in pages. */

export type PageQuery = {
  /** Rows on a page, 1 to 100. Default: 20. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string;
};

export type Page<T> = { data: T[]; next_cursor: string | null };

/** Every row of a list, page by page, as they are asked for. */
export async function* everyRow<T, Q extends PageQuery>(
  fetchPage: (query: Q) => Promise<Page<T>>,
  query: Q,
): AsyncGenerator<T> {
  let cursor = query.cursor ?? null;
  do {
    const page = await fetchPage(cursor === null ? query : { ...query, cursor });
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
