/** How a mail that was not taken leaves an activity: without the address that mail servers name in their answers. */
import { ApplicationFailure } from '@temporalio/common';

/** Only the kind of the failure and its number go on. A refused address is final (`mail_refused`). */
export function withoutAddress(error: unknown): ApplicationFailure {
  const { code, responseCode } = (error ?? {}) as { code?: unknown; responseCode?: unknown };
  const answer =
    typeof responseCode === 'number' ? `the answer ${responseCode}` : String(code ?? 'no answer');
  const refused = code === 'EENVELOPE' && typeof responseCode === 'number' && responseCode >= 500;
  return ApplicationFailure.create({
    message: refused
      ? `The mail server refuses the recipient's address with ${answer}.`
      : `The mail server did not take the mail: ${answer}.`,
    type: refused ? 'mail_refused' : 'mail_unavailable',
    nonRetryable: refused,
  });
}
