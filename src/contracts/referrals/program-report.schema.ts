/** The report of a program as HTTP shows it. */
import { z } from 'zod';
import { REFERRAL_REASONS } from '../../domain/referral-status.ts';
import type { ProgramReport } from './program-report.ts';

const CountSchema = z.int().min(0);

const COUNTS = {
  sent: CountSchema,
  opened: CountSchema.meta({ description: 'Links that a friend used, whether they counted or not' }),
  joined: CountSchema,
  qualified: CountSchema,
  rewarded: CountSchema,
  expired: CountSchema,
  canceled: CountSchema,
  refused: CountSchema,
  refused_by_reason: z.partialRecord(z.enum(REFERRAL_REASONS), CountSchema),
};

export const ProgramReportSchema: z.ZodType<ProgramReport> = z
  .object({
    program: z.string(),
    from: z.iso.date(),
    to: z.iso.date().meta({ description: 'The last day that is counted' }),
    totals: z.object(COUNTS),
    inviters: CountSchema.meta({ description: 'People who sent an invitation in the period' }),
    k_factor: z.number().min(0).meta({
      description:
        'Invitations ÷ people who sent them, × those of these invitations by which a friend has joined ÷ invitations',
    }),
    days: z
      .array(z.object({ day: z.iso.date(), ...COUNTS }))
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
