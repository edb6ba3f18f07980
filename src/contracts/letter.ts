/** Letters: the mails that Boon sends, each noted in the ledger by what it tells of. No address stands in these types. */

export const LETTER_KINDS = [
  'claim',
  'invitation',
  'reward',
  'purchase',
  'top_up_unpaid',
  'refund',
  'invoice',
  'reset_reminder',
  'credit_reminder',
] as const;
export type LetterKind = (typeof LETTER_KINDS)[number];

/** What a letter is known by: it is sent once. */
export type LetterName = {
  kind: LetterKind;
  /** The id of what it tells of: a gift, a referral, a purchase, a lot. */
  subject: string;
  /** Which one, where there are several: to whom of two, how often it was mailed before, how long ahead. */
  which?: string | undefined;
};

/**
 * How a letter has ended. `refused`: by the mail server, for good. `given_up`: its day is over. `unanswered`: twice nobody knows
 * what came of a try, so that it may have arrived.
 */
export type LetterEnd = 'sent' | 'refused' | 'not_needed' | 'given_up' | 'unanswered';

/** `reward/ref_1/friend`: the letter's id in the ledger, and among stuck items. */
export function letterId({ kind, subject, which = '' }: LetterName): string {
  return [kind, subject, which].filter((part) => part !== '').join('/');
}
