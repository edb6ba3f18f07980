/** Bodies: JSON in UTF-8 only, and only text that PostgreSQL can store. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError, type FieldError } from '../../contracts/errors.ts';

async function jsonBody(app: FastifyInstance): Promise<void> {
  // Refuses `__proto__` and `constructor.prototype` as keys.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // A call whose body is optional may send the header and nothing else.
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(malformed('it is not UTF-8'), undefined);
    const text = body.toString();
    parse(request, text, (error, value) => {
      if (error) return done(malformed(whyNoJson(error)), undefined);
      if (value === null) return done(malformed('it must be an object'), undefined);
      // Only an escape can bring in what PostgreSQL's text cannot hold: raw control characters are not JSON.
      const faults = text.includes('\\u') ? textFaults(value, []) : [];
      if (faults.length > 0) return done(unstorable(faults), undefined);
      done(null, value);
    });
  });
}

/** In our words: the parser's are those of an engine or a library, and quote the body. */
function whyNoJson({ message }: Error): string {
  if (message.includes('prototype')) return 'it has a field that no request may have, such as "__proto__"';
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined
    ? 'it ends too early'
    : `the character at position ${position} does not belong there`;
}

function malformed(why: string): BoonError {
  return new BoonError('validation_failed', `The body is not valid JSON: ${why}.`, {
    errors: [{ path: '', message: `is not valid JSON: ${why}` }],
  });
}

function unstorable(errors: FieldError[]): BoonError {
  return new BoonError('validation_failed', 'The body contains text that is not valid Unicode.', { errors });
}

/** NUL characters and halves of surrogate pairs, in values and in names. */
function textFaults(value: unknown, path: readonly (string | number)[]): FieldError[] {
  if (typeof value === 'string') {
    return storable(value)
      ? []
      : [{ path: path.join('.'), message: 'must not contain NUL or half a surrogate pair' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    storable(name)
      ? textFaults(inner, [...path, name])
      : [{ path: path.join('.'), message: 'has a name with NUL or half a surrogate pair' }],
  );
}

function storable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

export default fp(jsonBody, { name: 'json-body' });
