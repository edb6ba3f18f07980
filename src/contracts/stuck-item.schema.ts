/** Stuck items, as HTTP takes and shows them. */
import { z } from 'zod';
import { InstantSchema, PageQuerySchema } from './primitives.schema.ts';
import { STUCK_DUTIES, type StuckDuty } from './stuck-item.ts';

const WHAT = Object.keys(STUCK_DUTIES) as [StuckDuty, ...StuckDuty[]];

export const StuckItemSchema = z
  .object({
    id: z.string().describe('Id of the item'),
    what: z.enum(WHAT).meta({ description: 'The duty of the schedules that could not do it' }),
    item: z
      .string()
      .meta({ description: 'The id of what it is about; `*`: the whole duty, which is tried at each run' }),
    since: InstantSchema.describe('When it was first put aside'),
    tried_at: InstantSchema.describe('When it was last tried'),
    tries: z.int().describe('How often it was tried'),
    last_error: z.string().describe('What the last try failed with'),
    next_try_at: InstantSchema.meta({ description: 'Until then it is left out' }),
  })
  .meta({ id: 'StuckItem' });

/** What `GET /v1/stuck` takes. */
export const StuckItemQuerySchema = PageQuerySchema.extend({
  what: z.enum(WHAT).optional().describe('Only of this duty'),
});
