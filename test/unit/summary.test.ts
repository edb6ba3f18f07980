import { describe, expect, test } from 'vitest';
import type { Campaign } from '../../src/contracts/campaigns/campaign.ts';
import { campaignSummary } from '../../src/contracts/campaigns/campaign-card.ts';
import { giftSummary } from '../../src/contracts/gifts/gift-card.ts';
import { purchaseSummary } from '../../src/contracts/purchases/purchase-card.ts';
import { refundSummary } from '../../src/contracts/purchases/refund-card.ts';
import { referralSummary, windowSummary } from '../../src/contracts/referrals/referral-card.ts';
import { summaryOf } from '../../src/contracts/summary.ts';

describe('a summary', () => {
  test.each([
    ['as it is up to 200 characters', 'a'.repeat(200), 'a'.repeat(200)],
    ['cut off beyond', 'a'.repeat(201), `${'a'.repeat(199)}…`],
    ['one line', ' two\nlines\tand  more ', 'two lines and more'],
    ['no more than 300 bytes', 'ж'.repeat(150), 'ж'.repeat(150)],
    ['cut off beyond those', 'ж'.repeat(151), `${'ж'.repeat(148)}…`],
    ['not cut in the middle of a character', '🎁'.repeat(100), `${'🎁'.repeat(74)}…`],
    ['empty where the text is', '', ''],
  ])('is %s', (_what, text, expected) => {
    expect(summaryOf(text)).toBe(expected);
    expect(Buffer.byteLength(expected)).toBeLessThanOrEqual(300);
  });
});

test('the summary of every process is short, however long what it is about is', () => {
  const id = 'x'.repeat(128);
  const campaign = { kind: 'grant_reset', resets: 1 } as Campaign;
  const cohorts = Array.from({ length: 50 }, (_, n) => `cohort-${n}-${'y'.repeat(40)}`);
  const summaries = {
    campaign: campaignSummary({ ...campaign, filter: { plans: ['plus'], cohorts } }),
    gift: giftSummary({ from: id, to: id, amount: '25' }),
    referral: referralSummary({ referrer_id: id, program: id } as never),
    window: windowSummary({ account_id: id.repeat(2), month: '2026-06-11', ends_at: '' }),
    purchase: purchaseSummary({ account_id: id, kind: 'checkout', package: id } as never),
    refund: refundSummary({ account_id: id.repeat(2), amount: 280, currency: 'usd' } as never),
  };
  for (const [name, summary] of Object.entries(summaries)) {
    expect(summary.length, name).toBe(200);
    expect(summary, name).toMatch(/…$/);
  }
  expect(summaries.campaign).toMatch(/^1 reset each for plus in cohort cohort-0-y/);
});
