/** Referrals and reward windows as HTTP shows them. */
import { z } from 'zod';
import { REFERRAL_REASONS, REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { MonthSchema } from '../month.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  EmailSchema,
  InstantInputSchema,
  InstantSchema,
  PageQuerySchema,
  ReasonSchema,
} from '../primitives.schema.ts';

export const ProgramSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be the name of a program')
  .meta({ description: 'Name of a program of the policy', example: 'codex-selective' });

export const ReferralIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a referral id')
  .meta({ description: 'Id of a referral', example: 'ref_06bq2n6y3v8k5s7r1x4z9m0c2d' });

/** Body of `POST /v1/referrals`. */
export const ReferralRequestSchema = z
  .strictObject({
    program: ProgramSchema.describe('The program to invite into'),
    referrer_id: AccountIdSchema.describe('Who invites'),
    email: EmailSchema.describe('Where the invitation is mailed'),
  })
  .meta({
    id: 'ReferralRequest',
    examples: [{ program: 'codex-selective', referrer_id: 'user_ada', email: 'friend@example.com' }],
  });
export type ReferralRequest = z.infer<typeof ReferralRequestSchema>;

const NullableInstant = InstantSchema.nullable();

const RewardSchema = z.object({
  recipient: z.enum(['referrer', 'friend']).describe('Who got it'),
  account_id: z.string().optional().meta({ description: 'For services only' }),
  resets: z.int().describe('How many banked resets'),
  credits: CreditsSchema.describe('How many credits'),
  taken_back: z
    .object({
      resets: z.int().describe('How many banked resets'),
      credits: CreditsSchema.describe('How many credits'),
    })
    .nullable()
    .meta({ description: 'What a clawback found left of it and took back' }),
});

export const ReferralSchema = z
  .object({
    id: z.string().describe('Id of the referral'),
    program: z.string().describe('The program that it is in'),
    status: z.enum(REFERRAL_STATUSES).describe('Where it stands'),
    referrer_id: z.string().describe('Who invited'),
    referrer_name: z
      .string()
      .nullable()
      .meta({ description: 'What the referrer is called, for people to read; null without a name' }),
    email: z.string().optional().meta({
      description:
        'Where the invitation went; shown to the referrer, who wrote it, and to services: `f***@example.com` without the scope referrals:secrets',
    }),
    link: z.string().optional().meta({
      description:
        'The friend’s personal link, while it waits for them; shown to the referrer, and to a service in the answer that made the invitation or with the scope referrals:secrets',
    }),
    friend_id: z.string().nullable().optional().meta({ description: 'For services only' }),
    prompts_seen: z.int().describe('Prompts of the friend that count so far'),
    prompts_required: z.int().describe('How many must count'),
    next_step: z.string().meta({ description: 'What is missing, in words for the referrer' }),
    reason_code: z.enum(REFERRAL_REASONS).nullable().meta({
      description: 'Why it ended without a reward, or lost it or part of it, or has to wait for it',
    }),
    detail: z.string().nullable().meta({ description: 'The reason in words' }),
    reason: z.string().nullable().meta({ description: 'What the operator wrote; for operators only' }),
    created_at: InstantSchema.describe('When the friend was invited'),
    expires_at: InstantSchema.describe('Until when the link can be used'),
    joined_at: NullableInstant.describe('When the friend used the link; null: not yet'),
    qualified_at: NullableInstant.describe('When enough prompts counted; null: not yet'),
    rewarded_at: NullableInstant.describe('When the reward was given; null: it was not'),
    deferred_until: NullableInstant.meta({ description: 'When a reward that has to wait is tried again' }),
    ended_at: NullableInstant.describe('When it ended; null: it is open'),
    rewards: z.array(RewardSchema).meta({ description: 'What was given; to an end user, their own part' }),
  })
  .meta({ id: 'Referral' });
export type ReferralView = z.infer<typeof ReferralSchema>;

export const ReferralListQuerySchema = PageQuerySchema.extend({
  program: ProgramSchema.optional().describe('Only referrals of this program'),
});

export const ReferralSearchQuerySchema = ReferralListQuerySchema.extend({
  status: z
    .enum(REFERRAL_STATUSES)
    .optional()
    .meta({ description: 'An invitation that ran out is found as `expired` some minutes after its end' }),
  referrer_id: AccountIdSchema.optional().meta({ description: 'Only invitations by this account' }),
});

/** Body of `POST /v1/referrals/{id}/link-used`. */
export const LinkUsedSchema = z
  .strictObject({
    account_id: AccountIdSchema.describe('The friend’s account'),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be the token of an invitation link')
      .optional()
      .meta({ description: 'What stands after `#token=` in the link; checked when it is given' }),
    used_at: InstantInputSchema.optional().meta({
      description:
        'When the friend used the link, if it is reported later: at most 23 hours less the program’s login grace, even after the invitation has ended. Left out: now',
    }),
  })
  .meta({
    id: 'LinkUsed',
    example: { account_id: 'user_grace', token: 'q0Zk3vT1oX9mB7cW5rL2nD8sF4gH6jKaYeUiPtQwEzA' },
  });
export type LinkUsed = z.infer<typeof LinkUsedSchema>;

export const ReferralCancelSchema = z
  .strictObject({ reason: ReasonSchema.optional().describe('Why; it is kept in the record') })
  .meta({ id: 'ReferralCancel', examples: [{ reason: 'asked for by the referrer' }] });
export const ClawBackSchema = z
  .strictObject({ reason: ReasonSchema.describe('Why; it is kept in the record') })
  .meta({ id: 'ReferralClawBack', examples: [{ reason: 'the friend’s account is fraudulent' }] });

export const RewardWindowSchema = z
  .object({
    account_id: z.string().describe('Whose rewards'),
    program: z.string().describe('The program that gives them'),
    month: MonthSchema.meta({ description: 'The billing month that its rewards count in' }),
    cap: z.int().meta({ description: 'How many rewards the month may hold' }),
    claimed: z.array(z.string()).meta({ description: 'Ids of the referrals that have one' }),
  })
  .meta({ id: 'RewardWindow' });
export type RewardWindowView = z.infer<typeof RewardWindowSchema>;

/** Body of `POST /v1/accounts/{id}/reward-window/raise-cap`. */
export const RaiseCapSchema = z
  .strictObject({
    program: ProgramSchema.describe('The program whose month it is'),
    cap: z.int().min(1).max(1000).describe('How many rewards the month may hold from now on'),
    reason: ReasonSchema.describe('Why; it is kept in the record'),
    month: z.iso
      .date()
      .optional()
      .meta({ description: 'First day of the billing month; left out: the present one' }),
  })
  .meta({
    id: 'RaiseCap',
    examples: [{ program: 'codex-selective', cap: 5, reason: 'speaker at our conference' }],
  });
export type RaiseCap = z.infer<typeof RaiseCapSchema>;
