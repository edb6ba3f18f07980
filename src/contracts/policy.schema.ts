/** The policy's schema: a document that does not fit is refused with the path of each fault. */
import { z } from 'zod';
import { PLANS } from '../domain/account.ts';
import { smallestCharge } from '../domain/money.ts';
import type { Policy, Price } from '../domain/policy.ts';
import { type NumberKind, SCREENING_RULES, type ScreeningPolicy } from '../domain/screening-rules.ts';
import { DurationSchema, PositiveDurationSchema } from './duration.schema.ts';
import { CreditsSchema, InstantInputSchema, PositiveCreditsSchema } from './primitives.schema.ts';

/** The months and years of a duration, in months. */
function monthsOf(duration: string): number {
  const [, years = '0', months = '0'] = /^P(?:(\d+)Y)?(?:(\d+)M)?/.exec(duration) ?? [];
  return Number(years) * 12 + Number(months);
}
function mapped<Value, Made>(
  values: Readonly<Record<string, Value>>,
  make: (value: Value) => Made,
): Record<string, Made> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value)]));
}
const VerdictSchema = z.enum(['allow', 'hold', 'deny']);
const CountSchema = z.int().min(0).max(1_000_000_000);
/** Of programs, cohorts and products. */
export const NameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be small letters, digits, _ or -');
/** Of models: as their makers write them. */
export const ModelSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'must be 1 to 100 letters, digits or . _ : -');
const LimitSchema = z.strictObject({ count: CountSchema, amount: CreditsSchema });

/** By the kind of a rule's number. */
const RULE_NUMBERS: Record<NumberKind, z.ZodType> = {
  count: CountSchema,
  few: CountSchema.max(1000),
  duration: DurationSchema,
  credits: CreditsSchema,
};

const RULES: Readonly<Record<string, { numbers: Readonly<Record<string, { kind: NumberKind }>> }>> =
  SCREENING_RULES;
const ScreeningSchema = z.strictObject(
  mapped(RULES, ({ numbers }) =>
    z.strictObject({ verdict: VerdictSchema, ...mapped(numbers, ({ kind }) => RULE_NUMBERS[kind]) }),
  ),
) as unknown as z.ZodType<ScreeningPolicy>;

const GiftPolicySchema = z.strictObject({
  settlement: DurationSchema,
  claim_window: PositiveDurationSchema,
  identity_required: z.boolean(),
  min_account_age: DurationSchema,
  limits: z.strictObject({ per_day: LimitSchema, per_month: LimitSchema }),
  min: PositiveCreditsSchema,
  max: PositiveCreditsSchema,
  recipient_must_be_new: z.boolean(),
  new_within: DurationSchema,
  gifted_credits_valid_for: PositiveDurationSchema,
  regift: z.boolean(),
  hold_at_most: PositiveDurationSchema,
  returned_credits_valid_for: DurationSchema,
  promotional_quota: LimitSchema,
  screening: ScreeningSchema,
});

const PlanPolicySchema = z.strictObject({
  five_hour: PositiveCreditsSchema.nullable(),
  weekly: PositiveCreditsSchema.nullable(),
  credits: z.array(NameSchema),
});

const RatesSchema = z
  .array(z.strictObject({ from: InstantInputSchema.nullable(), credits: PositiveCreditsSchema }))
  .min(1)
  .refine(
    (rates) =>
      rates.every(
        ({ from }, n) =>
          (n === 0) === (from === null) &&
          (n < 2 || Date.parse(rates[n - 1]?.from ?? '') < Date.parse(from ?? '')),
      ),
    'must stand in the order of their moments, the first with null',
  );

const RateCardSchema = z.record(
  NameSchema,
  z
    .record(ModelSchema, RatesSchema)
    .refine((models) => Object.hasOwn(models, 'default'), 'must have a rate for the model "default"'),
);

const UsagePolicySchema = z.strictObject({
  warn_at: z.array(z.int().min(1).max(100)).max(10),
  accept_late_for: DurationSchema.refine(isAtMostAWeek, 'must be at most a week, in days or hours'),
  keep_for: DurationSchema.refine((text) => monthsOf(text) >= 2, 'must be at least two months'),
});

const ResetPolicySchema = z.strictObject({
  valid_for: PositiveDurationSchema,
  moves_weekly_date: z.boolean(),
  return_within: DurationSchema,
  complimentary_plans: z.array(z.enum(PLANS)),
  reminders: z.array(PositiveDurationSchema).max(5),
});

/** In whole units of the currency's smallest coin. */
const PriceSchema = z.strictObject({
  amount: z.int().min(1).max(99_999_999),
  currency: z.string().regex(/^[a-z]{3}$/, 'must be an ISO 4217 code in small letters'),
});

/** A price at which something can be sold: some currencies are charged in steps. */
const ChargeSchema = PriceSchema.refine(({ amount, currency }) => amount % smallestCharge(currency) === 0, {
  error: ({ input }) => `must be a multiple of ${smallestCharge((input as Price).currency)} in this currency`,
  path: ['amount'],
});

const PackagePolicySchema = z
  .strictObject({
    credits: PositiveCreditsSchema.optional(),
    resets: z.int().min(1).max(100).optional(),
    price: ChargeSchema,
  })
  .refine(
    ({ credits, resets }) => (credits === undefined) !== (resets === undefined),
    'must hold either credits or resets',
  );

const PurchasePolicySchema = z.strictObject({
  credits_valid_for: PositiveDurationSchema,
  checkout_valid_for: DurationSchema.refine(
    (text) => /^PT([1-9]|1\d|2[0-4])H$/.test(text),
    'must be 1 to 24 hours, such as "PT24H"',
  ),
  top_up_pause: DurationSchema,
  reminders: z.array(PositiveDurationSchema).max(5),
});

const InvoicePolicySchema = z.strictObject({ hundred_credits: ChargeSchema, due_within: DurationSchema });

const RewardSchema = z
  .strictObject({ resets: z.int().min(0).max(100), credits: CreditsSchema })
  .refine(
    (reward) => reward.resets > 0 || reward.credits !== '0',
    'must give something; null is for no reward',
  );

const ProgramPolicySchema = z
  .strictObject({
    opens_at: z.iso.datetime({ offset: true }).nullable(),
    closes_at: z.iso.datetime({ offset: true }).nullable(),
    plans: z.array(z.enum(PLANS)).min(1),
    cohort: NameSchema.nullable(),
    invites: CountSchema.min(1),
    prompts: CountSchema.min(1).max(1000),
    dormancy: DurationSchema,
    login_grace: DurationSchema.refine(isAtMostADay, 'must be at most a day, in hours, minutes and seconds'),
    rewards: z.strictObject({ referrer: RewardSchema.nullable(), friend: RewardSchema.nullable() }),
    monthly_cap: CountSchema.max(1000),
    over_cap: z.enum(['forfeit', 'defer']),
    invite_valid_for: PositiveDurationSchema,
    clawback_within: DurationSchema,
    credits_valid_for: PositiveDurationSchema,
  })
  .refine(
    ({ opens_at, closes_at }) =>
      opens_at === null || closes_at === null || Date.parse(opens_at) < Date.parse(closes_at),
    { path: ['closes_at'], message: 'must be after opens_at' },
  );

export const PolicySchema: z.ZodType<Policy> = z.strictObject({
  gifts: GiftPolicySchema,
  plans: z.record(z.enum(PLANS), PlanPolicySchema),
  rate_card: RateCardSchema,
  usage: UsagePolicySchema,
  resets: ResetPolicySchema,
  packages: z.record(NameSchema, PackagePolicySchema),
  purchases: PurchasePolicySchema,
  invoices: InvoicePolicySchema,
  programs: z.record(NameSchema, ProgramPolicySchema),
});

/** A policy that is in use, as HTTP shows it. It was checked when it was read. */
export const VersionedPolicySchema = z
  .object({
    version: z.string().meta({ description: 'A digest of its content' }),
    policy: z.record(z.string(), z.unknown()).meta({ description: 'Every key that docs/policies.md lists' }),
  })
  .meta({ id: 'VersionedPolicy' });

/** `use` looks for ids, and `end_window` keeps windows, for uses that are told a week late at most. */
function isAtMostAWeek(duration: string): boolean {
  const [, days, hours] = /^(?:P([0-7])D|PT(\d{1,3})H)$/.exec(duration) ?? [];
  return days !== undefined || (hours !== undefined && Number(hours) <= 168);
}

/** The rule of sessions (`last_login_before`) looks back one day. */
function isAtMostADay(duration: string): boolean {
  const parts = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(duration);
  if (parts === null) return duration === 'P1D';
  const [, hours = 0, minutes = 0, seconds = 0] = parts;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) <= 86_400;
}
