/** Answers of the health endpoints. */
import { z } from 'zod';

export const HealthSchema = z
  .object({ status: z.literal('ok').describe('The process runs') })
  .meta({ id: 'Health' });

const CheckSchema = z.enum(['ok', 'unreachable']);

export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable', 'draining']).meta({
      description:
        '`degraded`: Temporal is unreachable (gifts are accepted and settle once it is back), no worker works or is given work, more waits to be started than the server keeps, or something is stuck. `unavailable`: the database is unreachable. `draining`: the server is stopping',
    }),
    checks: z
      .object({
        database: CheckSchema.describe('Whether PostgreSQL answers'),
        temporal: CheckSchema.describe('Whether Temporal answers'),
        workers: z.enum(['ok', 'none', 'not_current', 'unknown']).meta({
          description:
            'Whether a worker looks for work; `not_current`: those that do have a version that nobody made current, and are given nothing; `unknown` where Temporal does not tell',
        }),
        starts: z.enum(['ok', 'full']).meta({
          description:
            '`full`: Temporal takes starts more slowly than they come; what is accepted meanwhile is started by `reconcile`',
        }),
      })
      .describe('How the parts are that the server needs'),
    stuck_items: z.int().meta({ description: 'What the schedules could not do: `GET /v1/stuck`' }),
    fix: z.string().optional().meta({ description: 'What to do about it, where one command does it' }),
    policy_version: z.string().describe('The policy in use'),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof ReadinessSchema>;
