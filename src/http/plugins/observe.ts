/** One log line and one measurement a request. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Metrics } from '../../observability/metrics.ts';
import { principalId } from '../callers/principal.ts';

async function observe(app: FastifyInstance, { metrics }: { metrics: Metrics }): Promise<void> {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? '(none)';
    const status = reply.statusCode;
    metrics.httpSeconds.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
    // What monitoring asks every few seconds, or services thousands of times a second, is of interest only when it
    // goes wrong.
    const { access, frequent } = request.routeOptions.config;
    const level =
      (access === 'public' && status < 500) || (frequent === true && status < 400) ? 'debug' : 'info';
    request.log[level]({
      reqId: request.id,
      method: request.method,
      route,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      caller: request.principal === null ? undefined : principalId(request.principal),
    });
    done();
  });
}

export default fp(observe, { name: 'observe', dependencies: ['authentication'] });
