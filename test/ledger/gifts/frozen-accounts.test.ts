/** Whose gifts a freeze holds, and whose it does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { give } from '../../support/gifts.ts';
import { holding, untilWaiting } from '../../support/held-lock.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

test('a freeze holds the gifts from and to the account, and nobody else’s', async () => {
  for (const id of ['ann', 'bob', 'cleo', 'dan', 'eve'])
    await seedAccount(own.ledger, id, { credits: '100' });
  const sent = await give(own.ledger, 'ann', 'bob');
  const received = await give(own.ledger, 'cleo', 'ann');
  const others = await give(own.ledger, 'dan', 'eve');
  const byMail = await give(own.ledger, 'dan', 'friend@example.com');
  await own.ledger.putAccount('ann', { plan: 'plus', status: 'frozen' }, later(START, { hours: 1 }));
  const statuses = await Promise.all(
    [sent, received, others, byMail].map(async ({ id }) => (await own.ledger.findGift(id))?.status),
  );
  expect(statuses).toEqual(['held', 'held', 'pending', 'awaiting_claim']);
});

test('a freeze waits for a gift that somebody is changing, and then holds it', async () => {
  for (const id of ['fay', 'gus']) await seedAccount(own.ledger, id, { credits: '100' });
  const gift = await give(own.ledger, 'fay', 'gus');
  await holding(own, ['SELECT FROM boon.gifts WHERE id = $1 FOR UPDATE', [gift.id]], async (query) => {
    const freeze = own.ledger.putAccount(
      'fay',
      { plan: 'plus', status: 'frozen' },
      later(START, { hours: 1 }),
    );
    await untilWaiting(own, 1);
    // Whoever changes a gift locks its accounts next: the freeze has not locked them yet.
    await query(`SELECT FROM boon.ledger_accounts WHERE id IN ('fay', 'gus') ORDER BY id FOR UPDATE NOWAIT`);
    await query('COMMIT');
    await freeze;
  });
  expect(await own.ledger.findGift(gift.id)).toMatchObject({ status: 'held' });
});
