/** The report of a program as HTTP shows it. */
import { z } from 'zod';
import { REFERRAL_REASONS } from '../../domain/referral-status.ts';
import type { ProgramReport } from './program-report.ts';

const CountSchema = z.int().min(0);

const COUNTS = {
  sent: CountSchema.describe('Invitations that were sent'),
  opened: CountSchema.meta({ description: 'Links that a friend used, whether they counted or not' }),
  joined: CountSchema.describe('Friends who joined by a link that counted'),
  qualified: CountSchema.describe('Friends whose prompts were enough'),
  rewarded: CountSchema.describe('Referrals that were rewarded'),
  expired: CountSchema.describe('Invitations that nobody used in time'),
  canceled: CountSchema.describe('Referrals that were canceled'),
  refused: CountSchema.describe('Referrals that were refused'),
  refused_by_reason: z
    .partialRecord(z.enum(REFERRAL_REASONS), CountSchema)
    .describe('How many were refused for which reason'),
};

export const ProgramReportSchema: z.ZodType<ProgramReport> = z
  .object({
    program: z.string().describe('The program'),
    from: z.iso.date().describe('The first day (UTC) that is counted'),
    to: z.iso.date().meta({ description: 'The last day that is counted' }),
    totals: z.object(COUNTS).describe('The counts of the whole period'),
    inviters: CountSchema.meta({ description: 'People who sent an invitation in the period' }),
    k_factor: z.number().min(0).meta({
      description:
        'Invitations ÷ people who sent them, × those of these invitations by which a friend has joined ÷ invitations',
    }),
    days: z
      .array(z.object({ day: z.iso.date().describe('The day (UTC)'), ...COUNTS }))
      .meta({ description: 'Every day (UTC) of the period; each event on the day it happened' }),
  })
  .meta({ id: 'ProgramReport' });

export const ProgramReportQuerySchema = z.strictObject({
  from: z.iso.date().optional().meta({ description: 'First day (UTC). Default: 29 days before `to`' }),
  to: z.iso.date().optional().meta({ description: 'Last day (UTC), counted too. Default: today' }),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .meta({ description: 'Default: what `Accept` asks for, JSON when in doubt' }),
});
