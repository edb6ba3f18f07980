/** Reports of programs. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  ProgramReportQuerySchema,
  ProgramReportSchema,
} from '../../contracts/referrals/program-report.schema.ts';
import { type ProgramReport, reportCsv } from '../../contracts/referrals/program-report.ts';
import { ProgramSchema } from '../../contracts/referrals/referral.schema.ts';
import { services } from '../callers/access.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const DAY_MS = 86_400_000;
/** Days of a report that does not say where it begins, with the last. */
const DEFAULT_DAYS = 30;

export const programReportRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/programs/:program/report',
    config: { access: services('referrals:read') },
    schema: {
      operationId: 'getProgramReport',
      tags: ['Referrals'],
      summary: 'Report what happened to a program’s invitations, by day',
      params: z.object({ program: ProgramSchema }),
      querystring: ProgramReportQuerySchema,
      response: {
        200: {
          description: 'The report; as CSV a line for each day',
          content: {
            'application/json': { schema: ProgramReportSchema },
            'text/csv': { schema: z.string() },
          },
        },
        ...readRefusals('not_found'),
      },
    },
    handler: async (request, reply) => {
      const { to = isoDay(clock().getTime()), format = accepted(request.headers.accept) } = request.query;
      const { from = isoDay(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS) } = request.query;
      const report = await ledger.programReport({ program: request.params.program, from, to });
      if (format === 'json') return report;
      reply.type('text/csv; charset=utf-8').serializer((sent: ProgramReport) => reportCsv(sent));
      return report;
    },
  });
};

function isoDay(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().slice(0, 10);
}

function accepted(header: string | undefined): 'json' | 'csv' {
  return /\btext\/csv\b/.test(header ?? '') ? 'csv' : 'json';
}
