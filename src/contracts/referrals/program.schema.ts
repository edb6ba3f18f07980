/** Programs as HTTP shows them: their terms under the policy in use, and whether they are open. */
import { z } from 'zod';
import { CreditsSchema, InstantSchema } from '../primitives.schema.ts';
import { ProgramSchema } from './referral.schema.ts';

const PROGRAM_STATES = ['upcoming', 'open', 'closed'] as const;

const RewardSchema = z
  .object({
    resets: z.int().meta({ description: 'How many resets' }),
    credits: CreditsSchema.describe('How many credits'),
  })
  .nullable();

export const ProgramViewSchema = z
  .object({
    id: ProgramSchema.describe('Its name in the policy'),
    state: z.enum(PROGRAM_STATES).meta({ description: 'Whether friends may be invited into it now' }),
    opens_at: InstantSchema.nullable().meta({ description: 'From when on; null: it was always open' }),
    closes_at: InstantSchema.nullable().meta({ description: 'Until when; null: without end' }),
    plans: z.array(z.string()).meta({ description: 'On which plans an account may invite' }),
    cohort: z.string().nullable().meta({ description: 'Only accounts of this cohort may invite' }),
    invites: z.int().meta({ description: 'How many invitations an account may have open or rewarded' }),
    prompts: z.int().meta({ description: 'How many prompts the friend sends before there is a reward' }),
    dormancy: z.string().meta({
      description: 'How long a friend who has an account must have been away, as an ISO 8601 duration',
    }),
    login_grace: z.string().meta({
      description: 'How long before the link a login does not count as activity, as an ISO 8601 duration',
    }),
    rewards: z
      .object({
        referrer: RewardSchema.meta({ description: 'What who invites gets; null: nothing' }),
        friend: RewardSchema.meta({ description: 'What the friend gets; null: nothing' }),
      })
      .meta({ description: 'What a friend who qualifies brings' }),
    monthly_cap: z.int().meta({ description: 'Rewards that an account may get in a billing month' }),
    over_cap: z
      .enum(['forfeit', 'defer'])
      .meta({ description: 'What happens to a reward beyond the cap: lost, or given in a later month' }),
    invite_valid_for: z
      .string()
      .meta({ description: 'How long an invitation is open, as an ISO 8601 duration' }),
    clawback_within: z.string().meta({
      description: 'How long a reward may be taken back, as an ISO 8601 duration',
    }),
    credits_valid_for: z.string().meta({
      description: 'How long credits of a reward are valid, as an ISO 8601 duration',
    }),
  })
  .meta({ id: 'Program' });
export type Program = z.infer<typeof ProgramViewSchema>;
