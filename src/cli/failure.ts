/** How a command says that it could not do what it was asked. */
import { type AnyBoonApiError, isBoonApiError } from '../client/boon-api-error.ts';
import { startFailure } from '../observability/run-service.ts';

/** Exit codes of the `boon` command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command did its work and the answer is bad: a check that does not hold. The message is one sentence. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** A failure as JSON shows it. */
export interface FailureReport {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly fix?: string;
    readonly reason_code?: string;
    readonly errors?: readonly { path: string; message: string }[];
  };
}

/** The failure in one sentence or a short list, for a person. Never a stack. */
export function sentence(error: unknown): string {
  if (isBoonApiError(error)) return apiSentence(error);
  if (error instanceof CommandFailed) return error.message;
  const text = startFailure(error);
  // What nobody foresaw comes with its stack; a person at a terminal sees the message, and how to see more.
  if (error instanceof Error && text === error.stack) {
    return `Unexpected: ${error.message || error.name}. Set BOON_LOG_LEVEL=debug to see where it happened.`;
  }
  return text;
}

/** The same for programs. */
export function failureReport(error: unknown): FailureReport {
  if (!isBoonApiError(error)) {
    const name = error instanceof Error ? error.name : 'Error';
    return { error: { code: name, message: sentence(error) } };
  }
  const { rawCode, message, fix, reasonCode, errors } = error;
  return {
    error: {
      code: rawCode,
      message,
      fix,
      ...(reasonCode === undefined ? {} : { reason_code: reasonCode }),
      ...(errors.length === 0 ? {} : { errors }),
    },
  };
}

function apiSentence(error: AnyBoonApiError): string {
  if (error.status === 0) {
    return `${error.message}. Start Boon with \`npm start\`, or set BOON_URL to where it runs.`;
  }
  const faults = error.errors.slice(0, 10).map(({ path, message }) => `\n  ${path} ${message}`);
  const reason = error.reasonCode === undefined ? '' : ` (${error.reasonCode})`;
  return `Refused, ${error.rawCode}${reason}: ${error.message} ${error.fix}${faults.join('')}`;
}
