/** May an account invite into a program, and if not, why, as HTTP shows it. */
import { z } from 'zod';
import { MonthSchema } from '../month.schema.ts';
import { ProgramSchema } from './referral.schema.ts';

export const EligibilityQuerySchema = z.strictObject({ program: ProgramSchema });

export const EligibilitySchema = z
  .object({
    eligible: z.boolean().meta({ description: 'Whether an invitation would be taken now' }),
    reasons: z
      .array(
        z.object({
          code: z.string().meta({ description: 'The error code that an invitation would be refused with' }),
          detail: z.string().describe('The reason in words'),
          fix: z.string().meta({ description: 'What would change it' }),
        }),
      )
      .describe('Why it would not be; empty where it would'),
    remaining_invites: z.int().describe('How many invitations may still be open or used at once'),
    remaining_rewards: z.int().meta({ description: 'Rewards left in the present billing month' }),
    month: MonthSchema.meta({ description: 'The present billing month' }),
  })
  .meta({ id: 'Eligibility' });
export type EligibilityView = z.infer<typeof EligibilitySchema>;
