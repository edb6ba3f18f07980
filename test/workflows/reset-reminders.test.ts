import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import nodemailer from 'nodemailer';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { resetMailActivities } from '../../src/activities/resets/reset-mail.ts';
import type { ReminderReport } from '../../src/contracts/temporal.ts';
import { catchMails, type MailCatcher } from '../support/mail-catcher.ts';
import '../support/quiet-sdk.ts';
import { bank } from '../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
let mail: MailCatcher;
beforeAll(async () => {
  own = await openTestLedger();
  mail = await catchMails();
});
afterAll(async () => {
  await mail.close();
  await own.close();
});
beforeEach(() => {
  mail.mails.length = 0;
  mail.refuseWith(undefined);
});

async function remind(at: string, sends = true): Promise<Omit<ReminderReport, 'duties'>> {
  const { remindOfResets } = resetMailActivities({
    ledger: own.ledger,
    transport: sends ? nodemailer.createTransport(mail.url) : undefined,
    from: 'Boon <boon@boon.example>',
    publicUrl: 'https://boon.example',
  });
  const report = await new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(
    remindOfResets,
    at,
  );
  const { duties: _, ...rest } = report as ReminderReport;
  return rest;
}

let people = 0;
/** A person whose reset expires at a moment that no other's does; answers with the moment of the first reminder. */
async function reminded(count = 1): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await seedAccount(own.ledger, id, { put: { email: `${id}@example.com` } });
  const granted = later(START, { days: 100 * people });
  await bank(own.ledger, id, { count, at: granted });
  return later(granted, { days: 23 });
}

test('one mail lists the resets that expire together, once, with the zone of the time', async () => {
  const due = await reminded(2);
  expect(await remind(due)).toEqual({ reminders_sent: 1, reminders_failed: 0 });
  expect(await remind(due)).toEqual({ reminders_sent: 0, reminders_failed: 0 });
  expect(mail.mails).toHaveLength(1);
  const [{ to, headers, body } = { to: [], headers: new Map(), body: '' }] = mail.mails;
  expect(to).toEqual([`person-${people}@example.com`]);
  const expiry = later(due, { days: 7 });
  expect(headers.get('subject')).toBe(`2 banked resets expire on ${expiry.slice(0, 10)} 12:00 UTC`);
  expect(headers.get('message-id')).toMatch(/^<expiry\.\d+\.7-days@boon\.example>$/);
  expect(body).toContain(`2 banked resets of yours expire on ${expiry.slice(0, 10)} 12:00 UTC.`);
});

test('a mail server that is away is asked again by the next runs, for a day', async () => {
  const due = await reminded();
  mail.refuseWith(451);
  expect(await remind(due)).toEqual({ reminders_sent: 0, reminders_failed: 1 });
  mail.refuseWith(undefined);
  expect(await remind(later(due, { minutes: 5 }))).toEqual({ reminders_sent: 1, reminders_failed: 0 });

  const other = await reminded();
  mail.refuseWith(451);
  await remind(other);
  mail.refuseWith(undefined);
  expect(await remind(later(other, { days: 1 }))).toEqual({ reminders_sent: 0, reminders_failed: 0 });
});

test('a refused address is not tried again', async () => {
  const due = await reminded();
  mail.refuseWith(550);
  expect(await remind(due)).toEqual({ reminders_sent: 0, reminders_failed: 1 });
  const tries = mail.tries();
  expect(await remind(due)).toEqual({ reminders_sent: 0, reminders_failed: 0 });
  expect(mail.tries()).toBe(tries);
});

test('a server that takes no mail at all is left alone after five', async () => {
  people += 1;
  const granted = later(START, { days: 100 * people });
  for (let n = 0; n < 8; n += 1) {
    await seedAccount(own.ledger, `many-${n}`, { put: { email: `many-${n}@example.com` } });
    await bank(own.ledger, `many-${n}`, { at: granted });
  }
  const due = later(granted, { days: 23 });
  mail.refuseWith(421);
  expect(await remind(due)).toEqual({ reminders_sent: 0, reminders_failed: 5 });
  mail.refuseWith(undefined);
  expect(await remind(due)).toEqual({ reminders_sent: 3, reminders_failed: 0 });
  expect(await remind(later(due, { minutes: 1 }))).toEqual({ reminders_sent: 5, reminders_failed: 0 });
});

test('without a mail server nothing is sent, and nothing is said to be', async () => {
  const due = await reminded();
  expect(await remind(due, false)).toEqual({ reminders_sent: 0, reminders_failed: 0 });
  expect(await remind(due)).toEqual({ reminders_sent: 1, reminders_failed: 0 });
});
