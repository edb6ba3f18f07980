/** Gifts as HTTP shows them: transfers. */
import { z } from 'zod';
import { GIFT_REASONS } from '../../domain/gift-reasons.ts';
import { GIFT_STATUSES } from '../../domain/gift-status.ts';
import type { Form } from '../form.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  EmailSchema,
  GivenResetIdSchema,
  InstantSchema,
  PageQuerySchema,
  PositiveCreditsSchema,
  ReasonSchema,
  ResetIdSchema,
  textSchema,
} from '../primitives.schema.ts';

const FundingSchema = z.enum(['transfer', 'promotional']);
const MessageSchema = textSchema(280);

const RecipientSchema = z.union([
  z.strictObject({ account_id: AccountIdSchema.describe('The recipient’s account') }),
  z.strictObject({ email: EmailSchema.describe('Where the claim link is mailed') }),
]);

/** Body of `POST /v1/transfers`. */
export const TransferRequestSchema = z
  .strictObject({
    from: AccountIdSchema.describe('Who gives'),
    to: RecipientSchema.describe(
      'Who gets it: an account, or whoever claims it with the link mailed to this address',
    ),
    amount: PositiveCreditsSchema.optional().describe('How many credits'),
    reset_id: GivenResetIdSchema.optional().meta({ description: 'Instead of `amount`: this banked reset' }),
    funding: FundingSchema.optional().meta({
      description: 'Who pays: the sender (`transfer`, the default) or the operator’s budget',
    }),
    message: MessageSchema.optional().describe('A line for the recipient'),
  })
  .refine(({ amount, reset_id }) => amount !== undefined || reset_id !== undefined, {
    path: ['amount'],
    message: 'is needed, or reset_id instead',
  })
  .refine(({ amount, reset_id }) => amount === undefined || reset_id === undefined, {
    path: ['reset_id'],
    message: 'must not be sent beside amount: it stands instead of it',
  })
  .refine(({ reset_id, funding }) => reset_id === undefined || funding !== 'promotional', {
    path: ['funding'],
    message: 'must be the sender’s for a banked reset',
  })
  .meta({
    id: 'TransferRequest',
    forms: [
      { title: 'OfCredits', needs: ['amount'], without: ['reset_id'] },
      { title: 'OfAReset', needs: ['reset_id'], without: ['amount', 'funding'] },
    ] satisfies Form[],
    examples: [
      {
        from: 'user_ada',
        to: { account_id: 'user_grace' },
        amount: '12.5',
        message: 'Thanks for the review!',
      },
      { from: 'user_ada', to: { email: 'friend@example.com' }, amount: '5' },
      { from: 'user_ada', to: { account_id: 'user_grace' }, reset_id: 'rst_1042' },
    ],
  });
export type TransferRequest = z.infer<typeof TransferRequestSchema>;

export const TransferSchema = z
  .object({
    id: z.string().describe('Id of the transfer'),
    status: z.enum(GIFT_STATUSES).describe('Where it stands'),
    from: z.string().describe('Who gives'),
    from_name: z
      .string()
      .nullable()
      .meta({ description: 'What the sender is called, for people to read; null without a name' }),
    to: z
      .object({
        account_id: z.string().optional().describe('The recipient’s account'),
        email: z.string().optional().describe('Where the claim link was mailed'),
      })
      .describe('Who gets it; each side sees what it may know'),
    amount: CreditsSchema.describe('How many credits; 0 where a banked reset is given'),
    reset_id: ResetIdSchema.optional().meta({
      description: 'The banked reset that is given instead of credits',
    }),
    funding: FundingSchema.describe('Who pays: the sender (`transfer`) or the operator’s budget'),
    message: z.string().nullable().describe('What the sender wrote; null is nothing'),
    created_at: InstantSchema.describe('When it was accepted'),
    settles_at: InstantSchema.meta({
      description:
        'When it settles, unless something happens; one that waits for its claim settles no sooner',
    }),
    claim_expires_at: InstantSchema.nullable().describe(
      'Until when it can be claimed; null where there is nothing to claim',
    ),
    hold_ends_at: InstantSchema.nullable().describe(
      'When a hold ends at the latest; null while it is not held',
    ),
    settled_at: InstantSchema.nullable().describe('When it settled; null: it has not'),
    reason_code: z.enum(GIFT_REASONS).nullable().meta({ description: 'Why it is held, or ended as it did' }),
    reason: z.string().nullable().meta({ description: 'What the operator wrote; for operators only' }),
    claim_url: z.string().optional().meta({
      description:
        'While it awaits its claim; shown to the sender, and to a service in the answer that made the gift or with the scope gifts:secrets',
    }),
    reversal: z
      .object({
        recovered: CreditsSchema.describe('Credits that went back to the sender'),
        unrecovered: CreditsSchema.describe('Credits that the recipient had spent'),
      })
      .nullable()
      .meta({ description: 'After a reversal: what came back, and what was already spent' }),
  })
  .meta({ id: 'Transfer' });
export type Transfer = z.infer<typeof TransferSchema>;

export const TransferListQuerySchema = PageQuerySchema.extend({
  account_id: AccountIdSchema.describe('Whose gifts'),
  direction: z
    .string()
    .regex(/^(sent|received)(,(sent|received))?$/, 'must be sent, received, or sent,received')
    .default('sent,received')
    .describe('Which of the account’s gifts: `sent`, `received`, or both with a comma between'),
  status: z
    .enum(GIFT_STATUSES)
    .optional()
    .meta({ description: 'Only those in this status, e.g. what waits for me: `pending`' }),
});

const ClaimTokenSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be the token of a claim link')
  .meta({ description: 'What stands after `#token=` in the claim link' });

export const CancelBodySchema = z
  .strictObject({ reason: ReasonSchema.optional().describe('Why; it is kept in the record') })
  .meta({ id: 'TransferCancel', examples: [{ reason: 'sent to the wrong person' }] });
export const ClaimBodySchema = z
  .strictObject({ token: ClaimTokenSchema, account_id: AccountIdSchema.describe('Who claims it') })
  .meta({
    id: 'TransferClaim',
    examples: [{ token: 'q0Zk3vT1oX9mB7cW5rL2nD8sF4gH6jKaYeUiPtQwEzA', account_id: 'user_grace' }],
  });
export const ReleaseBodySchema = z
  .strictObject({ reason: ReasonSchema.optional().describe('Why; it is kept in the record') })
  .meta({ id: 'TransferRelease', examples: [{ reason: 'checked: a real person' }] });
/** Body of hold, reject and reverse: an operator's action records why. */
export const ReasonBodySchema = z
  .strictObject({ reason: ReasonSchema.describe('Why; it is kept in the record') })
  .meta({ id: 'TransferReason', examples: [{ reason: 'reported by the sender' }] });
