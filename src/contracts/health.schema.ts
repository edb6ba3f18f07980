/** Answers of the health endpoints. */
import { z } from 'zod';

export const HealthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

const CheckSchema = z.enum(['ok', 'unreachable']);

export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable', 'draining']).meta({
      description:
        '`degraded`: Temporal is unreachable; gifts are accepted and settle once it is back. `unavailable`: the database is. `draining`: the server is stopping',
    }),
    checks: z.object({ database: CheckSchema, temporal: CheckSchema }),
    policy_version: z.string(),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof ReadinessSchema>;
