/** What time does to gifts, in the ledger and in the model. */
import { expect } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { deadlineOf, iso, isoOrNull } from './model-gift.ts';
import type { ModelLedger } from './model-ledger.ts';

/** One gift as its process does; all of them as the schedule and processes do where the quiet ones have none. */
export async function advance(
  ledger: Ledger,
  model: ModelLedger,
  now: number,
  which: 'all' | (string & {}),
): Promise<void> {
  if (which === 'all') await settleTogether(ledger, model, now);
  const ids = which === 'all' ? model.gifts.map(({ id }) => id) : [which];
  model.advance(ids, now);
  await ledger.advanceGifts(ids, iso(now));
}

/** What a run of the schedule does to the quiet ones; the answers are compared. */
async function settleTogether(ledger: Ledger, model: ModelLedger, now: number): Promise<void> {
  const due = model.gifts
    .filter((gift) => gift.status === 'pending' && gift.settlesAt <= now)
    .map(({ id }) => id);
  const all = new Map(model.gifts.map((gift) => [gift.id, gift]));
  // Others may share the database.
  const found = await ledger.dueGifts(iso(now), 10_000, { part: 0, of: 1 });
  expect(found.filter((id) => all.has(id)).toSorted()).toEqual(due.toSorted());
  model.advance(due, now);
  const advanced = await ledger.advanceGiftPage(due, iso(now));
  const expected = due.map((id) => {
    const gift = all.get(id);
    return { id, status: gift?.status, deadline: isoOrNull(gift && deadlineOf(gift)) };
  });
  const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
  expect(advanced.toSorted(byId)).toEqual(expected.toSorted(byId));
}
