/** Structured logs: one JSON line an event, without secrets and addresses. */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

/** Fields that never reach a log, at the top of a line and one level down. */
const SECRETS = ['authorization', 'token', 'key', 'email', 'claim_url', 'password', 'cookie'];

/** @param destination where lines go; standard output when left out. */
export function createLogger(level: LoggerOptions['level'], destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: level ?? 'info',
    base: { service: 'boon' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        ...SECRETS,
        ...SECRETS.map((name) => `*.${name}`),
        'req.headers.authorization',
        'req.headers.cookie',
      ],
      censor: '[hidden]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Gathered before they are written, in bytes; and how long the last line waits at most, in milliseconds. */
const GATHERED = 4_096;
const WAITS = 200;

/**
 * Standard output for a service that logs each request: many lines are written in one go, beside the answers. What a process
 * that ends in order has logged is written; one that is killed loses its last moment.
 */
export function gatheredOutput(): DestinationStream {
  return pino.destination({ sync: false, minLength: GATHERED, periodicFlush: WAITS });
}
