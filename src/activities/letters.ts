/** The letters that no process sends: tried again, or for the first time where a process is gone. */
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type LetterName, letterId } from '../contracts/letter.ts';
import type { LetterReport } from '../contracts/temporal.ts';
import type { Instant } from '../domain/instant.ts';
import { type DutyLedger, type DutyRun, duty } from './duty.ts';
import { letterWriters, type WrittenKind } from './letter-writers.ts';
import type { MailDependencies } from './mail.ts';
import { isOfOneLetter } from './mail-failure.ts';
import { makePost } from './post.ts';
import { MAIL_SERVER_IS_AWAY } from './reminders.ts';

type LetterDependencies = MailDependencies & { ledger: DutyLedger };

export type LetterActivities = ReturnType<typeof letterActivities>;

const PAGE = 100;

export function letterActivities(dependencies: LetterDependencies) {
  const { ledger, transport } = dependencies;
  const post = makePost(dependencies);
  const writers = letterWriters(dependencies);
  return {
    /**
     * Gives up the letters whose day is over, finds those that nobody has begun, and tries each that is due at `at`:
     * those that were tried least come first.
     */
    async deliverLetters(at: Instant): Promise<LetterReport> {
      const report = { letters_sent: 0, letters_failed: 0, letters_given_up: 0 };
      const letters = await duty(
        ledger,
        'letters',
        at,
        async (run) => {
          report.letters_given_up += await ledger.giveUpLetters(at);
          if (transport === undefined) return;
          await ledger.collectLetters(at);
          const tried = new Set<string>();
          for (;;) {
            const due = await ledger.dueLetters(at, PAGE);
            const untried = due.filter((letter) => !tried.has(letterId(letter)));
            if (untried.length === 0) return;
            for (const letter of untried) {
              tried.add(letterId(letter));
              await send(run, letter, report);
            }
          }
        },
        MAIL_SERVER_IS_AWAY,
        isOfOneLetter,
      );
      return { ...report, duties: { letters } };
    },
  };

  async function send(run: DutyRun, letter: LetterName, report: LetterReport): Promise<void> {
    report.letters_failed += 1;
    await run.try(letterId(letter), async () => {
      const outcome = await delivered(letter, run.at);
      if (outcome === 'given_up') report.letters_given_up += 1;
      if (outcome !== 'failed') report.letters_failed -= 1;
      if (outcome === 'sent') report.letters_sent += 1;
    });
    heartbeat(report);
  }

  /** Rejects when it may be tried again. */
  async function delivered(
    letter: LetterName,
    at: Instant,
  ): Promise<'sent' | 'not_needed' | 'failed' | 'given_up'> {
    try {
      const write = writers[letter.kind as WrittenKind];
      return (await post.deliver(letter, at, () => write(letter, at))) ? 'sent' : 'not_needed';
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      if (error.type === 'mail_given_up' || error.type === 'mail_unanswered') return 'given_up';
      if (error.type === 'mail_refused') return 'failed';
      // Its process is trying it right now.
      if (error.type === 'mail_held') return 'not_needed';
      throw error;
    }
  }
}
