/**
 * The post: hands a letter to the mail server, and has the ledger note it. One that was recorded as sent is not sent
 * again. SMTP cannot
 * promise more: where a worker dies, or the mail server falls silent, after it had the text, the letter is sent once more, with the same
 * Message-ID, by which mail systems recognise it; and not a third time.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { SendMailOptions, Transporter } from 'nodemailer';
import { BoonError } from '../contracts/errors.ts';
import { type LetterEnd, type LetterName, letterId } from '../contracts/letter.ts';
import type { Instant } from '../domain/instant.ts';
import type { Letters } from '../ledger/letters.ts';
import { failing } from './failure.ts';
import type { Mail } from './gifts/claim-mail.ts';
import { withoutAddress } from './mail-failure.ts';

export type PostDependencies = {
  ledger: Pick<Letters, 'takeLetter' | 'endLetter' | 'failLetter'>;
  /** Undefined: no mail server is configured and nothing is sent. */
  transport: Pick<Transporter, 'sendMail'> | undefined;
  /** Sender of mails, as in `Boon <boon@example.com>`. */
  from: string;
};

/** What a letter says, and to which address; undefined where that cannot be read. */
export type WrittenLetter = { mail: Mail; to: string | undefined };

export type Post = {
  /**
   * Sends a letter, unless it was sent before.
   * @param write undefined if there is nothing to say, or nobody to say it to
   * @returns false where nothing was needed
   * @throws ApplicationFailure: `mail_refused`, `mail_given_up` and `mail_unanswered` are final, everything else may be retried
   */
  deliver(letter: LetterName, at: Instant, write: () => Promise<WrittenLetter | undefined>): Promise<boolean>;
};

/** Less than the ledger lets a try last, and than an activity may take. */
const PATIENCE = 40_000;

const FINAL: Record<Exclude<LetterEnd, 'sent' | 'not_needed'>, [type: string, message: string]> = {
  refused: ['mail_refused', 'The mail server has refused the recipient’s address.'],
  given_up: ['mail_given_up', 'The letter was tried for a day.'],
  unanswered: ['mail_unanswered', 'The mail server had the letter twice and did not answer.'],
};

export function makePost({ ledger, transport, from }: PostDependencies): Post {
  const hand = transport && makeHand(transport);

  return {
    async deliver(letter, at, write) {
      if (hand === undefined) return false;
      const written = await writtenOrWhyNot(write);
      if (written === undefined) {
        await failing(() => ledger.endLetter(letter, 'not_needed', at));
        return false;
      }
      const by = randomUUID();
      const taken = await failing(() => ledger.takeLetter(letter, by, at));
      if (taken.status === 'held') throw held(taken.until, at);
      if (taken.status !== 'taken') return endedAs(taken.status);
      const failure =
        written instanceof Error ? written : await hand({ ...written.mail, from, to: written.to });
      if (failure === undefined) {
        await failing(() => ledger.endLetter(letter, 'sent', at));
        log.info('A letter was mailed', { letter: letterId(letter) });
        return true;
      }
      throw await noted(letter, by, failure, at);
    },
  };

  /** Has the ledger note a failed try. @returns what the try is to fail with. */
  async function noted(
    letter: LetterName,
    by: string,
    failure: Error | Unhanded,
    at: Instant,
  ): Promise<Error> {
    const { error, mayHaveArrived } =
      failure instanceof Error ? { error: failure, mayHaveArrived: false } : failure;
    log.warn('A letter was not accepted', { letter: letterId(letter), message: error.message });
    if (error instanceof ApplicationFailure && error.type === 'mail_refused') {
      await failing(() => ledger.endLetter(letter, 'refused', at));
      return error;
    }
    const status = await failing(() => ledger.failLetter(letter, by, error.message, mayHaveArrived, at));
    return status === 'unanswered' ? final(status) : error;
  }
}

type Unhanded = { error: ApplicationFailure; mayHaveArrived: boolean };

/** Hands mails to a mail server. Undefined when it accepted one. */
function makeHand(transport: Pick<Transporter, 'sendMail'>) {
  watchStreams(transport);
  return async (mail: SendMailOptions): Promise<Error | Unhanded | undefined> => {
    if (mail.to === undefined)
      return new Error('The address cannot be read: it was sealed with another key.');
    let text: Readable | undefined;
    const watched = {
      ...mail,
      signal: AbortSignal.timeout(PATIENCE),
      [WATCH]: (stream: Readable) => {
        text = stream;
      },
    };
    try {
      await transport.sendMail(watched as SendMailOptions);
      return undefined;
    } catch (error) {
      const answered = typeof (error as { responseCode?: unknown }).responseCode === 'number';
      return { error: withoutAddress(error), mayHaveArrived: !answered && text?.readableDidRead === true };
    }
  };
}

const WATCH = 'boonWatch';
const watching = new WeakSet<object>();

/** Has a mail's sender see the stream of its text: who has read of it may have the whole. */
function watchStreams(transport: Pick<Transporter, 'sendMail'>): void {
  if (watching.has(transport) || !('use' in transport)) return;
  watching.add(transport);
  (transport as Transporter).use('stream', (mail, done) => {
    const watch = (mail.data as Record<string, unknown>)[WATCH];
    const { message } = mail;
    const make = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const stream = make(options);
      if (typeof watch === 'function') watch(stream);
      return stream;
    };
    done();
  });
}

/** A refusal of the ledger leaves as it is; what else keeps a letter from being written is a fault of this letter. */
async function writtenOrWhyNot(
  write: () => Promise<WrittenLetter | undefined>,
): Promise<WrittenLetter | Error | undefined> {
  try {
    return await failing(write);
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof BoonError) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

function endedAs(end: LetterEnd): boolean {
  if (end === 'sent') return true;
  if (end === 'not_needed') return false;
  throw final(end);
}

function final(end: keyof typeof FINAL): ApplicationFailure {
  const [type, message] = FINAL[end];
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

/** Somebody else is trying it: the outcome is known by then. */
function held(until: Instant, at: Instant): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'The letter is being mailed.',
    type: 'mail_held',
    nextRetryDelay: Math.max(Date.parse(until) - Date.parse(at), 1_000),
  });
}
