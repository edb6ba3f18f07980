/** `Location` of what a call made (201), or what a process goes on with (202): its route says where that is read. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The path of what was made, out of the answer and the request's body. */
    // biome-ignore lint/suspicious/noExplicitAny: the answer of any route.
    location?: (answer: any, body: any) => string;
  }
}

async function location(app: FastifyInstance): Promise<void> {
  app.addHook('preSerialization', async (request, reply, answer) => {
    const where = request.routeOptions.config.location;
    if (where !== undefined && (reply.statusCode === 201 || reply.statusCode === 202))
      reply.header('location', where(answer, request.body));
    return answer;
  });
}

export default fp(location, { name: 'location' });
