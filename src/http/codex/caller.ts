/** The caller of a Codex client's call: the account, and the person who signed in. */
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../callers/access.ts';

export type CodexPerson = { accountId: string; userId: string; email: string | null };

export function personOf(request: FastifyRequest): CodexPerson {
  const caller = callerOf(request);
  if (caller.kind !== 'user') throw new Error(`${request.routeOptions.url} is not for Codex clients only`);
  const { accountId, person } = caller;
  return { accountId, userId: person?.id ?? accountId, email: person?.email ?? null };
}
