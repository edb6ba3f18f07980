import { expect, test } from 'vitest';
import { give } from '../../support/gifts.ts';
import { bought } from '../../support/purchases.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import { expectVerified, later, openTestLedger, START, seedAccount } from '../../support/test-ledger.ts';

const day = (days: number) => later(START, { days });

test('credits that a failed refund gave back after they had expired are given, and given on, with the time that they have then', async () => {
  const own = await openTestLedger({
    gifts: { regift: true },
    purchases: { credits_valid_for: 'P40D' },
  });
  const { ledger } = own;
  try {
    for (const id of ['ada', 'bob', 'cleo']) await seedAccount(ledger, id);
    const purchase = await bought(ledger, 'ada');
    const refund = await askRefund(ledger, purchase);
    await hearOfRefund(ledger, refund, 'failed', { at: day(55) });
    const expiresAt = async (id: string, at: string) => (await ledger.balance(id, at)).lots[0]?.expires_at;
    expect(await expiresAt('ada', day(55))).toBe(day(62));
    for (const [n, from, to] of [
      [0, 'ada', 'bob'],
      [1, 'bob', 'cleo'],
    ] as const) {
      const gift = await give(ledger, from, to, { at: day(55 + n), amount: '5' });
      expect(gift.status).toBe('pending');
      await ledger.advanceGift(gift.id, day(56 + n));
      expect(await expiresAt(to, day(56 + n))).toBe(day(62));
      await expectVerified(ledger);
    }
  } finally {
    await own.close();
  }
});
