import { expect, test } from 'vitest';
import { more, type Paging, rowsOf } from '../../src/cli/paging.ts';
import type { PageQuery } from '../../src/client/page.ts';

/** 250 rows, in pages of at most 100. */
async function rows(paging: Paging): Promise<{ numbers: number[]; next: string | null; asked: number[] }> {
  const asked: number[] = [];
  const page = await rowsOf(paging, async ({ limit = 20, cursor = '0' }: PageQuery) => {
    asked.push(limit);
    const end = Math.min(Number(cursor) + Math.min(limit, 100), 250);
    const data = Array.from({ length: end - Number(cursor) }, (_, place) => Number(cursor) + place);
    return { data, next_cursor: end === 250 ? null : String(end) };
  });
  return { numbers: page.data, next: page.next_cursor, asked };
}

test('a list has as many rows as were asked for, and the cursor of the next', async () => {
  expect(await rows({ limit: 3 })).toEqual({ numbers: [0, 1, 2], next: '3', asked: [3] });
  expect(await rows({ limit: 2, cursor: '3' })).toEqual({ numbers: [3, 4], next: '5', asked: [2] });
});

test('more rows than a page has come from several, and the cursor fits', async () => {
  const { numbers, next, asked } = await rows({ limit: 120 });
  expect([numbers.length, next, asked]).toEqual([120, '120', [100, 20]]);
});

test('--all is all there are', async () => {
  const { numbers, next } = await rows({ limit: 20, all: true });
  expect([numbers.length, next]).toEqual([250, null]);
  expect((await rows({ limit: 20, all: true, cursor: '240' })).numbers).toHaveLength(10);
});

test('a list says that there is more, and how to get it', () => {
  expect(more({ next_cursor: null })).toEqual([]);
  expect(more({ next_cursor: 'abc' })).toEqual(['', 'There is more: add --all, or', '  --cursor abc']);
});
