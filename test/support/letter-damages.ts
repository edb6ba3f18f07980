/** For tests of `verify`: how the rows of letters can be wrong. They need no scene. */
import { LETTER_KINDS } from '../../src/contracts/letter.ts';

const TELLS = 'a letter tells of what there is';
const NOTED = 'a letter that was sent is noted as sent wherever that is noted';

const letter = (kind: string, subject: string, which = '') => `
  INSERT INTO boon.letters (id, kind, subject, which, due_at, tries, tried_at, status, ended_at)
  SELECT concat_ws('/', '${kind}', x.subject, nullif('${which}', '')), '${kind}', x.subject, '${which}', now(), 1, now(), 'refused', now()
  FROM (SELECT ${subject} AS subject) x;`;

/** Each: the invariant that must notice, what was done, and how. */
export const LETTER_DAMAGES: [string, string, string][] = [
  ...LETTER_KINDS.map((kind): [string, string, string] => [
    TELLS,
    `a letter of the kind ${kind} about nothing`,
    letter(kind, `'nothing'`),
  ]),
  [
    NOTED,
    'a reminder of a reset that was refused',
    `INSERT INTO boon.reset_reminders SELECT min(id), '7 days', 'sent', now() FROM boon.resets;
     ${letter('reset_reminder', '(SELECT min(id)::text FROM boon.resets)', '7 days')}`,
  ],
  [
    NOTED,
    'a reminder of credits that was refused',
    `INSERT INTO boon.credit_reminders SELECT min(id), '7 days', 'sent', now() FROM boon.lots;
     ${letter('credit_reminder', '(SELECT min(id)::text FROM boon.lots)', '7 days')}`,
  ],
  [
    NOTED,
    'an invoice that was refused',
    `UPDATE boon.invoices SET notice = 'sent' WHERE id = (SELECT min(id) FROM boon.invoices);
     ${letter('invoice', '(SELECT min(id) FROM boon.invoices)')}`,
  ],
];

const due = (since: string) =>
  `INSERT INTO boon.letters (id, kind, subject, due_at) VALUES ('refund/rfd_scene', 'refund', 'rfd_scene', now() - interval '${since}')`;

/** The same of those that a time must be told for. */
export const TIMELY_LETTER_DAMAGES: [string, string][] = [
  ['no letter waits untried, or beyond its day', due('0 minutes')],
  [
    'no letter waits untried, or beyond its day',
    `${due('1 day')}; INSERT INTO boon.stuck_items (what, item, since, tried_at, tries, last_error, next_try_at)
     VALUES ('letters', 'refund/rfd_scene', now(), now(), 1, 'full', now() + interval '1 day')`,
  ],
];
