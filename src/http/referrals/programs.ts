/** Programs of the policy in use. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import { type Program, ProgramViewSchema } from '../../contracts/referrals/program.schema.ts';
import { ProgramSchema } from '../../contracts/referrals/referral.schema.ts';
import type { ProgramPolicy } from '../../domain/policy.ts';
import { decodeCursor } from '../../ledger/postgres/cursor.ts';
import { toPage } from '../../ledger/postgres/page.ts';
import { services } from '../callers/access.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const PROGRAM_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

export const programRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { clock, policy }) => {
  app.route({
    method: 'GET',
    url: '/v1/programs',
    config: { access: services('referrals:read') },
    schema: {
      operationId: 'listPrograms',
      tags: ['Referrals'],
      summary: 'List the programs of the policy in use, by name',
      querystring: PageQuerySchema,
      response: { 200: pageOf(ProgramViewSchema).meta({ id: 'ProgramList' }), ...readRefusals() },
    },
    handler: async ({ query: { limit, cursor } }) => {
      const [after] = cursor === undefined ? [''] : decodeCursor(cursor, [PROGRAM_NAME]);
      const { programs } = policy().policy;
      const ids = Object.keys(programs)
        .sort()
        .filter((id) => id > `${after}`);
      return toPage(
        ids.slice(0, limit + 1),
        limit,
        (id) => [id],
        (id) => viewProgram(id, programs[id] as ProgramPolicy, clock()),
      );
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/programs/:program',
    config: { access: services('referrals:read') },
    schema: {
      operationId: 'getProgram',
      tags: ['Referrals'],
      summary: 'Show a program: whether it is open, and its terms for new invitations',
      description: 'What is open already continues under the terms that it was sent under.',
      params: z.object({ program: ProgramSchema }),
      response: { 200: ProgramViewSchema, ...readRefusals('not_found') },
    },
    handler: async ({ params: { program } }) => {
      const { programs } = policy().policy;
      const terms = Object.hasOwn(programs, program) ? programs[program] : undefined;
      if (terms === undefined) throw new BoonError('not_found', `There is no program "${program}".`);
      return viewProgram(program, terms, clock());
    },
  });
};

function viewProgram(id: string, terms: ProgramPolicy, now: Date): Program {
  const { opens_at, closes_at } = terms;
  const opens = opens_at === null ? null : new Date(opens_at);
  const closes = closes_at === null ? null : new Date(closes_at);
  const isUpcoming = opens !== null && now < opens;
  const isClosed = closes !== null && now >= closes;
  return {
    ...terms,
    id,
    state: isUpcoming ? 'upcoming' : isClosed ? 'closed' : 'open',
    opens_at: opens?.toISOString() ?? null,
    closes_at: closes?.toISOString() ?? null,
  };
}
