/** Whose gifts a freeze holds, and whose it does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { give } from '../../support/gifts.ts';
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
