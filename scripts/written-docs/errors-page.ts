import { ERRORS } from '../../src/contracts/error-codes.ts';
import { page, table } from './page.ts';

/** Types of failures that operators meet in Temporal and no API answers with. */
export const TEMPORAL_FAILURES: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  duties_failed: [
    'A run of a schedule could not do everything; its details say what',
    'Nothing at once: it is tried again. `boon stuck list` says what is stuck, and why',
  ],
  not_reconciled: [
    'A campaign’s rows, counts and grants do not agree',
    'Run `boon ledger verify`; it names the accounts',
  ],
  places_held: [
    'Every place of a billing month is held by a reward that is being given',
    'Nothing: it is tried again, and then the ledger decides',
  ],
  mail_unavailable: ['The mail server does not accept mail now', 'Repair the mail server; mails are retried'],
  mailbox_unavailable: [
    'The recipient’s mailbox is full or not available now',
    'Nothing: it is retried for a day',
  ],
  mail_refused: [
    'The mail server refuses the recipient’s address for good',
    'Correct the address of the account',
  ],
  mail_given_up: ['A mail was tried for a day', 'Look at the mail server; send the link yourself'],
  mail_unanswered: [
    'The mail server had a mail twice and its answer was lost',
    'Ask the recipient: it may have arrived',
  ],
  mail_held: ['Another worker is sending the same mail', 'Nothing: its outcome is looked at again'],
};

export function errorsPage(): string {
  const codes = Object.entries(ERRORS).map(([code, { status, title, retryable, fix }]) => [
    `\`${code}\``,
    String(status),
    title,
    retryable ? 'yes' : 'no',
    fix,
  ]);
  const failures = Object.entries(TEMPORAL_FAILURES).map(([type, [what, todo]]) => [
    `\`${type}\``,
    what,
    todo,
  ]);
  return page(
    'Errors',
    [
      'Every way in which Boon refuses a request, as a closed list. Over HTTP a refusal is `application/problem+json`',
      '(RFC 9457): `type` is `urn:boon:problem:` and the code; beside it are `title`, `status`, `detail` (this very case in',
      'words), `code`, `fix`, and where they apply `reason_code` (the rule or state behind the code) and `errors` (each fault',
      'of a request by its path). In Temporal it is an `ApplicationFailure` whose type is the code. In the client it is a',
      '`BoonApiError` with the code.',
      '',
      '“Again” says whether the same request, unchanged and with the same Idempotency-Key, may succeed later.',
    ],
    table(['code', 'status', 'what', 'again', 'what to do'], codes),
    [
      '## Failures in Temporal only',
      '',
      'Activities and schedules fail with these types, too. No API call answers with them.',
    ],
    table(['type', 'what', 'what to do'], failures),
  );
}
