/** The rules of a scenario, as the model reads them and as a policy says them. Numbers so small that all is reached. */
import fc from 'fast-check';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import { policyWith } from '../support/test-ledger.ts';
import { screeningOf } from './model-screening.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export type Choice = {
  cap: number;
  prompts: number;
  friendResets: number;
  movesWeeklyDate: boolean;
  regift: boolean;
  resetDays: number;
};
export type ProgramRules = Choice & ReturnType<typeof fixed>;

export const choices: fc.Arbitrary<Choice> = fc.record({
  cap: fc.constantFrom(1, 2, 3),
  prompts: fc.constantFrom(1, 2, 2, 3),
  friendResets: fc.constantFrom(0, 1),
  movesWeeklyDate: fc.boolean(),
  regift: fc.boolean(),
  resetDays: fc.constantFrom(2, 8, 30, 30),
});

const fixed = () => ({
  isProgram: (name: string) => name === 'forfeits' || name === 'defers',
  plans: ['plus', 'pro'],
  invites: 5,
  dormancy: 62 * DAY,
  inviteValid: 30 * DAY,
  clawback: 30 * DAY,
  referrerCredits: 3_000_000n,
  creditsValid: 20 * DAY,
  returnWithin: DAY,
  settlement: DAY,
  holdAtMost: 14 * DAY,
  fiveHour: 5_000_000n,
  weekly: 12_000_000n,
});

export function rulesOf(choice: Choice): ProgramRules {
  return { ...choice, ...fixed() };
}

export function policyOf({
  cap,
  prompts,
  friendResets,
  movesWeeklyDate,
  regift,
  resetDays,
}: Choice): VersionedPolicy {
  const program = {
    opens_at: null,
    closes_at: null,
    plans: ['plus', 'pro'],
    cohort: null,
    invites: 5,
    prompts,
    dormancy: 'P62D',
    login_grace: 'PT1H',
    rewards: {
      referrer: { resets: 1, credits: '3' },
      friend: friendResets === 0 ? null : { resets: friendResets, credits: '0' },
    },
    monthly_cap: cap,
    invite_valid_for: 'P30D',
    clawback_within: 'P30D',
    credits_valid_for: 'P20D',
  };
  const plan = { five_hour: '5', weekly: '12', credits: ['codex'] };
  const many = { count: 1_000, amount: '1000' };
  return policyWith({
    plans: { free: plan, plus: plan, pro: plan, business: plan },
    programs: { forfeits: { ...program, over_cap: 'forfeit' }, defers: { ...program, over_cap: 'defer' } },
    resets: { valid_for: `P${resetDays}D`, moves_weekly_date: movesWeeklyDate, return_within: 'PT24H' },
    gifts: {
      settlement: 'PT24H',
      hold_at_most: 'P14D',
      regift,
      identity_required: false,
      min_account_age: 'PT0S',
      recipient_must_be_new: false,
      limits: { per_day: many, per_month: many },
      screening: screeningOf({}),
    },
  });
}
