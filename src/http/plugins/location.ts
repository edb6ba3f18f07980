/** `Location` of what a call made (201), or what a process goes on with (202): its route says where that is read. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { pathOf } from '../route/answers.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Where what was made is read: the list that has it by the answer's id, or a path out of answer and body. */
    // biome-ignore lint/suspicious/noExplicitAny: the answer of any route.
    location?: string | ((answer: any, body: any) => string);
  }
}

async function location(app: FastifyInstance): Promise<void> {
  app.addHook('preSerialization', async (request, reply, answer) => {
    const where = request.routeOptions.config.location;
    if (where === undefined || (reply.statusCode !== 201 && reply.statusCode !== 202)) return answer;
    const path =
      typeof where === 'string' ? pathOf(where, (answer as { id: string }).id) : where(answer, request.body);
    reply.header('location', path);
    return answer;
  });
}

export default fp(location, { name: 'location' });
