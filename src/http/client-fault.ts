/** Requests that are not HTTP, or do not end: answered on the bare socket, since there is no request to answer to. */
import type { Socket } from 'node:net';
import type { ConnectionError } from 'fastify';
import { BoonError } from '../contracts/errors.ts';
import { problemOf } from './plugins/problem.ts';

/** Not imported: an import of it makes Node load its client too, a twentieth of what a start costs. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** Writes a problem and ends the connection. */
export function answerClientFault(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(refusalOf(error.code));
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function refusalOf(code: string | undefined): BoonError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new BoonError('payload_too_large', 'The headers are larger than 16 KiB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new BoonError('validation_failed', 'The request did not arrive completely in time.');
  return new BoonError('validation_failed', 'The request is not valid HTTP.');
}
