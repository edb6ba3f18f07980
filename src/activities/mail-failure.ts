/** How the failure of a mail leaves an activity: without the address that mail servers name in their answers. */
import { ApplicationFailure } from '@temporalio/common';

/** Failures that say nothing about other letters: this mailbox is full or refused, this letter's day is over. */
const OF_ONE_LETTER = [
  'mailbox_unavailable',
  'mail_refused',
  'mail_given_up',
  'mail_unanswered',
  'mail_held',
];
/** The mailbox has no room: today, and perhaps not tomorrow. */
const FULL = 552;
/** The mail server accepts nothing from anybody at the moment. */
const CLOSING = 421;

/**
 * Only the kind of the failure and its number go on. A refused address is final (`mail_refused`). One letter's trouble is
 * `mailbox_unavailable`; anything else, `mail_unavailable`, may be the mail server's.
 */
export function withoutAddress(error: unknown): ApplicationFailure {
  const { code, responseCode, command, response } = (error ?? {}) as Record<string, unknown>;
  const answer =
    typeof responseCode === 'number' ? `the answer ${responseCode}` : String(code ?? 'no answer');
  // Who sends, and who connects, is asked first: those answers are about us.
  const isOfMailbox =
    typeof responseCode === 'number' &&
    responseCode !== CLOSING &&
    ((code === 'EENVELOPE' && command === 'RCPT TO') || code === 'EMESSAGE');
  const refused =
    isOfMailbox && code === 'EENVELOPE' && responseCode >= 500 && !isFull(responseCode, response);
  return ApplicationFailure.create({
    message: refused
      ? `The mail server refuses the recipient's address with ${answer}.`
      : isOfMailbox
        ? `The mail server does not take this mail now: ${answer}.`
        : `The mail server did not take the mail: ${answer}.`,
    type: refused ? 'mail_refused' : isOfMailbox ? 'mailbox_unavailable' : 'mail_unavailable',
    nonRetryable: refused,
  });
}

/** Whether a failure is this letter's alone, so that others may be tried after it. */
export function isOfOneLetter(error: unknown): boolean {
  return error instanceof ApplicationFailure && OF_ONE_LETTER.includes(error.type ?? '');
}

/** Some servers answer 550 5.2.2 for a full mailbox. */
function isFull(code: number, response: unknown): boolean {
  return code === FULL || /^\d{3}[ -]5\.2\.2\b/.test(String(response));
}
