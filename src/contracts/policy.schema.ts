/** The policy's schema: a document that does not fit is refused with the path of each fault. */
import { z } from 'zod';
import type { Policy } from '../domain/policy.ts';
import { CreditsSchema, PositiveCreditsSchema } from './primitives.schema.ts';

const DURATION = /^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/;
const DurationSchema = z
  .string()
  .regex(DURATION, 'must be an ISO 8601 duration such as "PT24H", "P14D" or "P12M"');
const VerdictSchema = z.enum(['allow', 'hold', 'deny']);
const CountSchema = z.int().min(0).max(1_000_000_000);
const LimitSchema = z.strictObject({ count: CountSchema, amount: CreditsSchema });

const ScreeningSchema = z.strictObject({
  velocity: z.strictObject({ verdict: VerdictSchema, gifts: CountSchema, within: DurationSchema }),
  new_account: z.strictObject({ verdict: VerdictSchema, younger_than: DurationSchema, above: CreditsSchema }),
  shared_fingerprint: z.strictObject({ verdict: VerdictSchema }),
  fan_in: z.strictObject({ verdict: VerdictSchema, senders: CountSchema.max(1000), within: DurationSchema }),
  fan_out: z.strictObject({
    verdict: VerdictSchema,
    recipients: CountSchema.max(1000),
    within: DurationSchema,
  }),
  circle: z.strictObject({ verdict: VerdictSchema, within: DurationSchema }),
});

const GiftPolicySchema = z.strictObject({
  settlement: DurationSchema,
  claim_window: DurationSchema,
  identity_required: z.boolean(),
  min_account_age: DurationSchema,
  limits: z.strictObject({ per_day: LimitSchema, per_month: LimitSchema }),
  min: PositiveCreditsSchema,
  max: PositiveCreditsSchema,
  recipient_must_be_new: z.boolean(),
  new_within: DurationSchema,
  gifted_credits_valid_for: DurationSchema,
  regift: z.boolean(),
  hold_at_most: DurationSchema,
  returned_credits_valid_for: DurationSchema,
  promotional_quota: LimitSchema,
  screening: ScreeningSchema,
});

export const PolicySchema: z.ZodType<Policy> = z.strictObject({ gifts: GiftPolicySchema });
