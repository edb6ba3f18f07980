/** Every error leaves as `application/problem+json` with one of Boon's codes. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { ERRORS, type ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { Problem } from '../../contracts/problem.schema.ts';
import { isError } from '../../domain/is-error.ts';
import { TooManyWrongKeys } from '../callers/wrong-keys.ts';

/** Seconds after which a caller should try again when Boon itself is the trouble. */
export const RETRY_AFTER_SECONDS = 1;

async function problems(app: FastifyInstance): Promise<void> {
  app.setErrorHandler(sendProblem);
}

/** Answers with the problem of an error; also for errors from before routing. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  if (refusal.status >= 500) request.log.error({ reqId: request.id, err: error }, refusal.message);
  // An error from before routing has met no hook.
  reply.header('x-request-id', request.id);
  if (refusal.replayed) reply.header('idempotent-replayed', 'true');
  if (refusal.code === 'unavailable' && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', RETRY_AFTER_SECONDS);
  }
  if (refusal instanceof TooManyWrongKeys) reply.header('retry-after', refusal.retryAfterSeconds);
  return reply
    .code(refusal.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(refusal, refusal.status >= 500 ? request.id : undefined));
}

/**
 * A refusal as RFC 9457 problem details.
 * @param requestId given where a person will want to look into the server's log; left out elsewhere, so that a
 * replayed refusal is the same text again.
 */
export function problemOf(refusal: BoonError, requestId?: string): Problem {
  return {
    type: `urn:boon:problem:${refusal.code}`,
    title: ERRORS[refusal.code].title,
    status: refusal.status,
    detail: refusal.message,
    code: refusal.code,
    ...(refusal.reasonCode === undefined ? {} : { reason_code: refusal.reasonCode }),
    fix: refusal.fix,
    ...(refusal.errors === undefined ? {} : { errors: [...refusal.errors] }),
    ...refusal.limit,
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** What the framework refuses by itself, in our words. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'payload_too_large',
    'The body is larger than this call takes: 64 KiB, or 8 MiB for /codec.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'The body must be sent as application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'validation_failed',
    'The body is not as long as Content-Length says.',
  ],
  FST_ERR_BAD_URL: ['validation_failed', 'The path is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['validation_failed', 'A part of the path is too long.'],
};

/** What an error says to a caller: ours as they are, all others as one of them. */
export function refusalOf(error: unknown): BoonError {
  if (error instanceof BoonError) return error;
  const known = FRAMEWORK_REFUSALS[codeOf(error)];
  if (known !== undefined) return new BoonError(known[0], known[1], { cause: error });
  // What else the framework finds wrong with a request is the request's fault all the same.
  if (isError(error) && codeOf(error).startsWith('FST_') && isClientFault(error)) {
    return new BoonError('validation_failed', 'The request is not valid HTTP.', { cause: error });
  }
  return new BoonError('internal', 'The server met an error it did not expect.', { cause: error });
}

function isClientFault(error: Error): boolean {
  const { statusCode = 500 } = error as FastifyError;
  return statusCode >= 400 && statusCode < 500;
}

function codeOf(error: unknown): string {
  return isError(error) && 'code' in error ? String((error as FastifyError).code) : '';
}

export default fp(problems, { name: 'problem' });
