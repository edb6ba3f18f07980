/** Accounts and what they own, as HTTP shows them. */
import { z } from 'zod';
import {
  ACCOUNT_KINDS,
  ACCOUNT_STATUSES,
  BILLING_SWITCHES,
  CREDIT_SWITCHES,
  PLANS,
} from '../../domain/account.ts';
import { MonthSchema } from '../month.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  EmailSchema,
  InstantInputSchema,
  InstantSchema,
  lineSchema,
  PageQuerySchema,
  textSchema,
} from '../primitives.schema.ts';

/** A device, card or other mark by which two accounts are seen to be one person; stored only as a keyed digest. */
const FingerprintSchema = textSchema(200);

const NullableInstant = InstantSchema.nullable();
const NullableInstantInput = InstantInputSchema.nullable();

/** Body of `PUT /v1/accounts/{id}`. A field that is left out stays as it is (or takes its default at first). */
export const AccountPutSchema = z
  .strictObject({
    plan: z.enum(PLANS).describe('The plan it is on'),
    name: lineSchema(100).nullable().optional().meta({
      description:
        'What invitations and gifts call it by; without one they say that a friend, or somebody, sent them',
    }),
    kind: z
      .enum(ACCOUNT_KINDS)
      .optional()
      .describe('A person, or an organisation with members. Default: person'),
    email: EmailSchema.nullable().optional().describe('Where its letters go; null is no address'),
    billing_day: z.int().min(1).max(31).optional().meta({
      description:
        'The day on which billing months begin (UTC), or the last of a shorter month. A change takes effect at the end of the running month',
    }),
    identity_verified_at: NullableInstantInput.optional().describe(
      'When its owner’s identity was verified; null: not yet, and it cannot give',
    ),
    created_at: InstantInputSchema.optional().describe(
      'When it was made at the product: how old it is counts from then. Default: now',
    ),
    last_active_at: NullableInstantInput.optional().describe(
      'When it was last used, as far as the product says',
    ),
    status: z
      .enum(ACCOUNT_STATUSES)
      .optional()
      .describe('`frozen` neither gives, receives nor uses; `closed` is the end. Default: active'),
    cohorts: z
      .array(textSchema(100))
      .max(100)
      .optional()
      .describe('Names of groups that it is in, for programs and campaigns. Default: none'),
    org_id: AccountIdSchema.nullable().optional().meta({
      description: 'The organisation that a person belongs to, made before its members; null is none',
    }),
    fingerprints: z
      .array(FingerprintSchema)
      .max(50)
      .optional()
      .describe(
        'Devices, cards and other marks by which two accounts are seen to be one person’s; kept only as digests',
      ),
    auto_redeem: z
      .boolean()
      .optional()
      .meta({ description: 'Redeem a banked reset just before it would expire, if something is used' }),
    use_credits: z.enum(CREDIT_SWITCHES).optional().meta({
      description: 'Whether credits pay where the plan ends: never, when asked, by themselves (the default)',
    }),
    spending_limit: CreditsSchema.nullable().optional().meta({
      description:
        'The most that uses may take of this account’s credits in a billing month; null is no limit',
    }),
    pool_limit: CreditsSchema.nullable().optional().meta({
      description:
        'The most that this member may take of its organisation’s credits in a month; null is no limit',
    }),
    billing: z.enum(BILLING_SWITCHES).optional().meta({
      description:
        'Of an organisation on Business, Enterprise or Edu: whether its members stop when the pool is used up (the default), or go on and it is invoiced',
    }),
    invoice_ceiling: CreditsSchema.nullable().optional().meta({
      description: 'The most that may be invoiced for a billing month; null is no limit',
    }),
  })
  .meta({
    id: 'AccountPut',
    example: {
      plan: 'plus',
      name: 'Ada',
      email: 'ada@example.com',
      identity_verified_at: '2026-01-05T10:00:00Z',
    },
  });
export type AccountPut = z.infer<typeof AccountPutSchema>;

/** Body of `PATCH /v1/accounts/{id}`: what changes, and nothing else. */
export const AccountPatchSchema = AccountPutSchema.partial().meta({
  id: 'AccountPatch',
  example: { status: 'frozen' },
});
export type AccountPatch = z.infer<typeof AccountPatchSchema>;

export const AccountFilterSchema = z.strictObject({
  plan: z.enum(PLANS).optional().describe('Only accounts on this plan'),
  status: z.enum(ACCOUNT_STATUSES).optional().describe('Only accounts in this status'),
  kind: z.enum(ACCOUNT_KINDS).optional().describe('Only persons, or only organisations'),
  cohort: textSchema(100).optional().meta({ description: 'One of its cohorts' }),
  org_id: AccountIdSchema.optional().meta({ description: 'The organisation that it belongs to' }),
});
export type AccountFilter = z.infer<typeof AccountFilterSchema>;

/** Query of `GET /v1/accounts`. */
export const AccountListQuerySchema = PageQuerySchema.extend(AccountFilterSchema.shape);

export const AccountSchema = z
  .object({
    id: z.string().describe('The caller’s own id of it'),
    name: z.string().nullable().meta({ description: 'What invitations and gifts call it by' }),
    kind: z.enum(ACCOUNT_KINDS).describe('A person, or an organisation with members'),
    plan: z.enum(PLANS).describe('The plan it is on'),
    status: z
      .enum(ACCOUNT_STATUSES)
      .describe('`frozen` neither gives, receives nor uses; `closed` is the end'),
    email: z.string().nullable().describe('Where its letters go; null is no address'),
    billing_day: z.int().meta({ description: 'The day that was asked for last; see `billing_day_from`' }),
    identity_verified_at: NullableInstant.describe(
      'When its owner’s identity was verified; null: not yet, and it cannot give',
    ),
    created_at: InstantSchema.describe(
      'When it was made at the product: how old an account is counts from then',
    ),
    last_active_at: NullableInstant.describe('When it was last used, as far as the product says'),
    cohorts: z.array(z.string()).describe('Names of groups that it is in, for programs and campaigns'),
    org_id: z.string().nullable().describe('The organisation that it belongs to; null is none'),
    auto_redeem: z.boolean().describe('Whether a banked reset is redeemed just before it would expire'),
    use_credits: z
      .enum(CREDIT_SWITCHES)
      .describe('Whether credits pay where the plan ends: never, when asked, by themselves'),
    spending_limit: CreditsSchema.nullable().describe(
      'The most that uses may take of its credits in a billing month; null is no limit',
    ),
    pool_limit: CreditsSchema.nullable().describe(
      'The most that this member may take of its organisation’s credits in a month; null is no limit',
    ),
    billing: z
      .enum(BILLING_SWITCHES)
      .describe(
        'Of an organisation: whether its members stop when the pool is used up, or go on and it is invoiced',
      ),
    invoice_ceiling: CreditsSchema.nullable().describe(
      'The most that may be invoiced for a billing month, in credits; null is no limit',
    ),
    billing_month: MonthSchema.meta({
      description: 'The billing month that is running; caps and limits of a month count in it',
    }),
    billing_day_from: NullableInstant.meta({
      description: 'When `billing_day` takes effect; null is that it has',
    }),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof AccountSchema>;
