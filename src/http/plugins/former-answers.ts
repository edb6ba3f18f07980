/** What paths of before answer differs from what those of now do. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { answerOfBefore } from '../route/aliases.ts';

async function formerAnswers(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', async (request, reply, payload) =>
    reply.statusCode < 300 && typeof payload === 'string'
      ? answerOfBefore(request.originalUrl, payload)
      : payload,
  );
}

export default fp(formerAnswers, { name: 'former-answers' });
