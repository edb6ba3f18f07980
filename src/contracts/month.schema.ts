/** A billing month, as HTTP shows it. */
import { z } from 'zod';
import { InstantSchema } from './primitives.schema.ts';

export const MonthSchema = z
  .object({
    starts_at: InstantSchema.meta({ description: 'Its first moment: midnight UTC' }),
    ends_at: InstantSchema.meta({ description: 'The first moment of the next month' }),
  })
  .meta({ id: 'Month', description: 'A billing month' });
