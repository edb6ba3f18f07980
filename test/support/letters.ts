/** Letters as processes and the sweep send them, over a real mail server, for one test file. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import nodemailer, { type Transporter } from 'nodemailer';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { letterActivities } from '../../src/activities/letters.ts';
import { purchaseMailActivities } from '../../src/activities/purchases/purchase-mail.ts';
import type { LetterReport } from '../../src/contracts/temporal.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { catchMails, type MailCatcher } from './mail-catcher.ts';
import { bought } from './purchases.ts';
import './quiet-sdk.ts';
import { invite, join, newFriend, prompt } from './referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from './test-ledger.ts';

/** A program that rewards both, with one reward a month; the second waits for the next. */
const TWO_SIDED = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: 1000,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 0, credits: '2' } },
  monthly_cap: 1,
  over_cap: 'defer',
  invite_valid_for: 'P60D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};

/** Called once at the top of a file: its parts open and close with the file. */
export function useLetters() {
  let own: TestLedger;
  let mail: MailCatcher;
  let transport: Transporter;
  let people = 0;
  const rig = {
    /** Each test has days of its own, so that no letter of another is due in them. */
    day: START,
    get own() {
      return own;
    },
    get ledger() {
      return own.ledger;
    },
    get mail() {
      return mail;
    },
  };
  beforeAll(async () => {
    own = await openTestLedger({ programs: { both: TWO_SIDED } as object });
    mail = await catchMails();
    // A test waits for a mail server that hangs no longer than it must.
    transport = nodemailer.createTransport({ url: mail.url, socketTimeout: 300 } as never);
  });
  afterAll(async () => {
    await mail.close();
    await own.close();
  });
  beforeEach(() => {
    mail.mails.length = 0;
    rig.day = later(rig.day, { days: 5 });
  });

  const parts = (on: Ledger = own.ledger) => ({
    ledger: on,
    transport,
    from: 'Boon <boon@boon.example>',
    publicUrl: 'https://boon.example',
  });
  function run<T>(work: () => Promise<T>): Promise<T> {
    return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work) as Promise<T>;
  }
  const friendOf = (referralId: string) => `friend-${referralId}@example.com`;
  async function person(): Promise<string> {
    people += 1;
    const id = `person-${people}`;
    await seedAccount(own.ledger, id, { credits: '50', put: { email: `${id}@example.com` } });
    return id;
  }
  const mailsTo = (address: string) => mail.mails.filter(({ to }) => to.includes(address));

  return {
    rig,
    at: (by: Parameters<typeof later>[1]) => later(rig.day, by),
    parts,
    run,
    /** A try of the buyer's letter, as the purchase's process asks for it. */
    receipt: (id: string, moment: string, on?: Ledger) =>
      run(() => purchaseMailActivities(parts(on)).sendPurchaseMail(id, moment)),
    async sweep(moment: string): Promise<Omit<LetterReport, 'duties'>> {
      const { duties: _, ...report } = await run(() => letterActivities(parts()).deliverLetters(moment));
      return report;
    },
    person,
    /** Paid today. */
    async purchase(): Promise<{ id: string; to: string }> {
      const buyer = await person();
      const { id } = await bought(own.ledger, buyer, 'credits-100', { at: rig.day });
      return { id, to: `${buyer}@example.com` };
    },
    /** A referral whose friend has done enough today: rewarded, or deferred where the month is full. */
    async rewarded(referrer: string): Promise<string> {
      const { ledger } = own;
      const { id } = await invite(ledger, referrer, { program: 'both', at: rig.day });
      await newFriend(ledger, `friend-${id}`, rig.day, { email: friendOf(id) });
      await join(ledger, { id }, `friend-${id}`, rig.day);
      await prompt(ledger, `friend-${id}`, rig.day);
      await ledger.rewardReferral(id, rig.day);
      return id;
    },
    friendOf,
    mailsTo,
    /** Message-IDs of what an address got. */
    idsOf: (address: string) => mailsTo(address).map(({ headers }) => headers.get('message-id')),
    /** How the ledger has a letter. */
    async letter(id: string) {
      const [row] = await own.sql('SELECT status, tries, unanswered FROM boon.letters WHERE id = $1', [id]);
      return row;
    },
    stuck: async () => (await own.ledger.listStuckItems({ what: 'letters' }, { limit: 100 })).data,
    /** A worker that dies when it is about to note that a letter was sent. */
    dying: (): Ledger => ({
      ...own.ledger,
      endLetter: async () => {
        throw new Error('the worker has died');
      },
    }),
    /** The failure of a try. */
    failing: (type: string, nonRetryable = false) => ({ name: 'ApplicationFailure', type, nonRetryable }),
  };
}
