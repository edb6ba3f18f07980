import { expect, test } from 'vitest';
import type { AcceptedGift } from '../../src/contracts/gifts/gift.ts';
import { giftStart, giftStartNow } from '../../src/temporal/gifts/gift-start.ts';

const GIFT: AcceptedGift = {
  id: 'gft_1',
  from: 'ada',
  to: 'grace',
  by_email: false,
  amount: '0',
  funding: 'transfer',
  settles_at: '2026-03-11T12:00:00.000Z',
  deadline: '2026-03-11T12:00:00.000Z',
  status: 'pending',
};
const now = Date.parse('2026-03-10T12:00:00.000Z');

test.each([
  ['at its deadline', (gift: AcceptedGift) => giftStart(gift, now)],
  ['with an action', giftStartNow],
])('a process that is started %s knows which reset is given, and says so', (_when, start) => {
  const { args, staticSummary } = start({ ...GIFT, reset_id: '17' });
  expect(args).toEqual([{ accepted: { ...GIFT, reset_id: '17' } }]);
  expect(staticSummary).toBe('1 banked reset from ada to grace');
});

test('its input holds nothing that the process does not need', () => {
  const more = { ...GIFT, amount: '4', message: 'Thank you!', reason: 'odd' };
  expect(giftStart(more, now).args).toEqual([{ accepted: { ...GIFT, amount: '4' } }]);
});
