/** What the story says when everything in it goes as it should. */
import { expect } from 'vitest';

/** @param told what a start has printed */
export function expectTheStory(told: string): void {
  expect(told).toMatch(/1\. Ada gives Grace 40 credits\.\n.* is pending: it settles in 8 s/);
  expect(told).toMatch(/Ada {4}100 {2}→ {2}60, 40 held\n {5}Grace {2}0 {4}→ {2}0, 40 pending in/);
  expect(told).toContain('Hedy claims it with the token of the link: it is pending');
  expect(told).toContain('the operator holds it: it is held');
  expect(told).toContain('she cancels it: it is canceled');
  expect(told).toContain('refused with 403 identity_unverified');
  expect(told.match(/has settled at/g)).toHaveLength(3);
  expect(told).toMatch(/Katherine {2}0, 20 pending in {2}→ {2}20/);
  expect(told.match(/it is rewarded: ada_\w+ gets 1 reset/g)).toHaveLength(3);
  expect(told).toContain('Edsger uses the link: it is refused, already_active');
  expect(told).toContain('it is refused, reward_cap_reached');
  expect(told.match(/from codex-selective, until/g)).toHaveLength(3);
  expect(told).toMatch(/it is completed: \d+ matched, 4 granted, /);
  expect(told).toContain('why did Linus get none? excluded: frozen');
  expect(told).toContain('10 units more: the plan pays 0, credits 10');
  expect(told).toContain('refused with 429 limit_reached');
  expect(told).toMatch(/reset: 5 hours 25 → 0 used/);
  expect(told).toContain('5 units of codex: the plan pays 5, credits 0');
  expect(told).toContain('back on the page of the link: “4.00 USD are paid, and 100 credits are yours.”');
  expect(told).toMatch(/60 units of codex: the plan pays 20, credits 40\n {5}Grace {2}30 {2}→ {2}90/);
}
