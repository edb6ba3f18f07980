/** Entity tags (RFC 9110): a change that is made only if nobody has made another since. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BoonError } from '../../contracts/errors.ts';

const TAG = '(?:W/)?"[!#-~]*"';
const IF_MATCH = `^(\\*|${TAG}(\\s*,\\s*${TAG})*)$`;

/** For the OpenAPI document. */
export const IF_MATCH_HEADER = {
  name: 'If-Match',
  required: false,
  description:
    'The `ETag` of the answer that the change rests on: if it is another by now, nothing is changed and the answer is 412. `*`: the account must be there',
  schema: { type: 'string', pattern: IF_MATCH, examples: ['"5f2b8c1e9d7a4f30b6e1c2d3a4958677"'] },
};

/**
 * The tags of `If-Match`, without their quotes; undefined where there is no such header. A weak one fits nothing.
 * @throws BoonError `validation_failed` when the header is none
 */
export function ifMatchOf(request: FastifyRequest): string[] | undefined {
  const text = request.headers['if-match'];
  if (text === undefined) return undefined;
  if (!new RegExp(IF_MATCH).test(text)) {
    const message = 'must be an ETag in quotes, several with commas between, or *';
    throw new BoonError('validation_failed', `If-Match: ${message}.`, {
      errors: [{ path: 'If-Match', message }],
    });
  }
  if (text === '*') return ['*'];
  return text.match(/(?:W\/)?"[^"]*"/g)?.flatMap((tag) => (tag.startsWith('W') ? [] : [tag.slice(1, -1)]));
}

/** The value that is answered, with its tag in `ETag`. */
export function tagged<T>(reply: FastifyReply, { etag, value }: { etag: string; value: T }): T {
  reply.header('etag', `"${etag}"`);
  return value;
}
