/** How a command says that it could not do what it was asked. */
import type { AnyBoonApiError } from '../client/boon-api-error.ts';

/** Exit codes of the `boon` command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** A command did its work and the answer is bad: a check that does not hold. The message is one sentence. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** A command was given what does not go together. The message is one sentence. */
export class UsedWrongly extends Error {
  override readonly name = 'UsedWrongly';
}

/** What a command needs does not answer, or something else does. The message is one sentence with the setting to change. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A failure for whoever asked: the exit code, the sentence for a person, and the problem for a program. */
export type Failure = { code: number; sentence: string; problem: Readonly<Record<string, unknown>> };

/** What to say of something that was thrown. @param env where the settings were read from */
export async function failureOf(error: unknown, env: NodeJS.ProcessEnv): Promise<Failure> {
  // What a command that succeeds need not load.
  const [{ isBoonApiError }, { startFailure, isUnreachable }, { NotReached }] = await Promise.all([
    import('../client/boon-api-error.ts'),
    import('../observability/run-service.ts'),
    import('../local/setup-error.ts'),
  ]);
  if (isBoonApiError(error)) return ofAnswer(error, env);
  if (error instanceof UsedWrongly) return failure('usage', error.message);
  if (error instanceof CommandFailed) return failure('failed', error.message);
  if (error instanceof Unreachable) return failure('unreachable', error.message);
  const text = startFailure(error);
  if (error instanceof NotReached || isUnreachable(error)) return failure('unreachable', text);
  // What nobody foresaw comes with its stack; a person at a terminal sees the message, and how to see more.
  if (error instanceof Error && text === error.stack) {
    const how = 'Set BOON_LOG_LEVEL=debug to see where it happened.';
    return failure('failed', `Unexpected: ${error.message || error.name}. ${how}`);
  }
  return failure('failed', text);
}

/** A failure that no answer of the API tells of, in the same form. */
function failure(code: 'failed' | 'usage' | 'unreachable', sentence: string): Failure {
  return { code: EXIT[code], sentence, problem: { code, detail: sentence } };
}

function ofAnswer(error: AnyBoonApiError, env: NodeJS.ProcessEnv): Failure {
  if (error.status === 0) {
    const text =
      error.cause instanceof Unreachable
        ? error.cause.message
        : `${error.message}. Start Boon with \`npm start\`, or set BOON_URL to where it runs.`;
    return failure('unreachable', text);
  }
  const code = error.status === 503 ? EXIT.unreachable : EXIT.failed;
  return {
    code,
    sentence: refusal(error, env),
    problem: error.problem ?? { code: error.rawCode, detail: error.message },
  };
}

function refusal(error: AnyBoonApiError, env: NodeJS.ProcessEnv): string {
  if (error.status === 401) {
    const where = env.BOON_URL ? `the Boon at ${env.BOON_URL}` : 'the local Boon';
    return `Refused, ${error.rawCode}: ${error.message} Set BOON_API_KEY to a key of ${where}.`;
  }
  const faults = error.errors.slice(0, 10).map(({ path, message }) => `\n  ${path} ${message}`);
  const reason = error.reasonCode === undefined ? '' : ` (${error.reasonCode})`;
  return `Refused, ${error.rawCode}${reason}: ${error.message} ${error.fix}${faults.join('')}`;
}
