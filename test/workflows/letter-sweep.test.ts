import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { mailActivities } from '../../src/activities/mail.ts';
import { referralMailActivities } from '../../src/activities/referrals/referral-mail.ts';
import { resetMailActivities } from '../../src/activities/resets/reset-mail.ts';
import type { ReminderReport } from '../../src/contracts/temporal.ts';
import { give } from '../support/gifts.ts';
import { useLetters } from '../support/letters.ts';
import { askRefund, hearOfRefund } from '../support/refunds.ts';
import { bank } from '../support/resets.ts';
import { later } from '../support/test-ledger.ts';

const {
  rig,
  at,
  parts,
  run,
  receipt,
  sweep,
  person,
  purchase,
  rewarded,
  friendOf,
  mailsTo,
  letter,
  failing,
} = useLetters();

describe('full mailboxes', () => {
  const FULL = [452, 552, 452, 552, 450, '550 5.2.2', 452] as const;

  test('are in the way of no letter: all others are mailed in the same run', async () => {
    const full = [];
    for (const how of FULL) {
      const one = await purchase();
      rig.mail.treat(one.to, how);
      full.push(one);
    }
    const others = [await purchase(), await purchase(), await purchase()];
    expect(await sweep(at({ minutes: 10 }))).toMatchObject({ letters_sent: 3, letters_failed: FULL.length });
    for (const { to } of others) expect(mailsTo(to)).toHaveLength(1);
    for (const { to } of full) rig.mail.treat(to, undefined);
    expect(await sweep(at({ minutes: 15 }))).toMatchObject({ letters_sent: FULL.length, letters_failed: 0 });
  });

  test('are in the way of no reminder, nor are mailboxes that hang', async () => {
    const remind = async (moment: string) => {
      const { duties: _, ...report } = (await run(() =>
        resetMailActivities(parts()).remindOfResets(moment),
      )) as ReminderReport;
      return report;
    };
    const owners = [];
    for (let count = 0; count < FULL.length + 3; count += 1) {
      const id = await person();
      await bank(rig.ledger, id, { at: at({ seconds: count }) });
      owners.push(`${id}@example.com`);
    }
    const due = at({ days: 23, hours: 1 });
    for (const [index, to] of owners.slice(0, FULL.length).entries()) rig.mail.treat(to, FULL[index]);
    expect(await remind(due)).toEqual({ reminders_sent: 3, reminders_failed: FULL.length });
    // These five hang, so that the run takes the mail server to be away; it had to do with the others before.
    for (const to of owners.slice(0, 5)) rig.mail.treat(to, 'hang');
    for (const to of owners.slice(5)) rig.mail.treat(to, undefined);
    const late = await person();
    await bank(rig.ledger, late, { at: at({ minutes: 30 }) });
    expect(await remind(later(due, { minutes: 5 }))).toMatchObject({ reminders_sent: 1 });
    expect(mailsTo(`${late}@example.com`)).toHaveLength(1);
    for (const to of owners) rig.mail.treat(to, undefined);
    await remind(later(due, { minutes: 10 }));
    for (const to of owners) expect(mailsTo(to)).toHaveLength(1);
    rig.day = later(due, { days: 1 });
  });
});

describe('a two-sided reward', () => {
  test('whose friend cannot be reached is mailed to the referrer once, however often the friend is tried', async () => {
    const referrer = await person();
    const id = await rewarded(referrer);
    rig.mail.treat(friendOf(id), 452);
    const { sendRewardMail } = referralMailActivities(parts());
    // As a process of an earlier version asks for it: both in one activity.
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await expect(run(() => sendRewardMail(id, undefined, at({ minutes })))).rejects.toMatchObject(
        failing('mailbox_unavailable'),
      );
    }
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
    await expect(run(() => sendRewardMail(id, 'friend', at({ minutes: 30 })))).rejects.toThrow(
      ApplicationFailure,
    );
    expect(await run(() => sendRewardMail(id, 'referrer', at({ minutes: 30 })))).toBe('sent');
    rig.mail.treat(friendOf(id), undefined);
    expect(await sweep(at({ hours: 3 }))).toMatchObject({ letters_sent: 1 });
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
    expect(mailsTo(friendOf(id))).toHaveLength(1);
  });

  test('is mailed to each when it is given: to the friend at once, to the referrer with the next month', async () => {
    const referrer = await person();
    await rewarded(referrer);
    const second = await rewarded(referrer);
    const deferred = await rig.ledger.findReferral(second);
    expect(deferred).toMatchObject({ status: 'qualified', rewards: [{ recipient: 'friend' }] });
    await sweep(at({ minutes: 20 }));
    expect(mailsTo(friendOf(second))).toHaveLength(1);
    expect(await letter(`reward/${second}/referrer`)).toBeUndefined();
    const given = `${deferred.deferred_until}`;
    await rig.ledger.rewardReferral(second, given);
    expect(await sweep(later(given, { minutes: 10 }))).toMatchObject({ letters_sent: 1 });
    expect(await letter(`reward/${second}/referrer`)).toMatchObject({ status: 'sent' });
    expect(mailsTo(friendOf(second))).toHaveLength(1);
    rig.day = later(given, { days: 1 });
  });

  test('that waits for a frozen referrer is mailed to them when it is given, and to the friend no second time', async () => {
    const referrer = await person();
    await rewarded(referrer);
    const id = await rewarded(referrer);
    await sweep(at({ minutes: 20 }));
    rig.mail.mails.length = 0;
    const due = `${(await rig.ledger.findReferral(id)).deferred_until}`;
    const put = (status: 'frozen' | 'active', moment: string) =>
      rig.ledger.putAccount(referrer, { plan: 'plus', status }, moment);
    await put('frozen', due);
    await rig.ledger.rewardReferral(id, due);
    expect(await sweep(later(due, { minutes: 10 }))).toMatchObject({ letters_sent: 0 });
    const next = later(due, { days: 1 });
    await put('active', next);
    await rig.ledger.rewardReferral(id, next);
    expect(await sweep(later(next, { minutes: 10 }))).toMatchObject({ letters_sent: 1 });
    expect(mailsTo(`${referrer}@example.com`)).toHaveLength(1);
    expect(mailsTo(friendOf(id))).toHaveLength(0);
    rig.day = later(next, { days: 1 });
  });
});

describe('the sweep', () => {
  test('sends what no process has begun after ten minutes, for a day', async () => {
    const bill = await purchase();
    const refund = await askRefund(rig.ledger, await purchase(), { at: rig.day });
    await hearOfRefund(rig.ledger, refund, 'succeeded', { at: rig.day });
    expect(await sweep(later(at({ minutes: 10 }), { ms: -1 }))).toMatchObject({ letters_sent: 0 });
    expect(await sweep(at({ minutes: 10 }))).toMatchObject({ letters_sent: 3 });
    expect(await letter(`purchase/${bill.id}`)).toMatchObject({ status: 'sent' });
    expect(await letter(`refund/${refund.id}`)).toMatchObject({ status: 'sent' });
    const old = await purchase();
    expect(await sweep(at({ days: 1 }))).toMatchObject({ letters_sent: 0 });
    expect(await letter(`purchase/${old.id}`)).toBeUndefined();
  });

  test('does not mail again what an earlier version has mailed', async () => {
    await purchase();
    // As the migration does in a database that has been in use.
    await rig.own.sql('INSERT INTO boon.letters_since VALUES ($1)', [rig.day]);
    expect(await sweep(at({ minutes: 10 }))).toMatchObject({ letters_sent: 0 });
  });

  test('ends a letter about which there is no longer anything to say', async () => {
    const gift = await give(rig.ledger, await person(), 'late@example.com', { amount: '1', at: rig.day });
    rig.mail.treat('late@example.com', 452);
    await expect(run(() => mailActivities(parts()).sendClaimMail(gift.id, rig.day))).rejects.toThrow();
    await rig.ledger.actOnGift({
      key: `cancel:${gift.id}`,
      gift_id: gift.id,
      action: 'cancel',
      at: at({ minutes: 1 }),
    } as never);
    rig.mail.treat('late@example.com', undefined);
    expect(await sweep(at({ minutes: 2 }))).toMatchObject({ letters_sent: 0, letters_failed: 0 });
    expect(await letter(`claim/${gift.id}`)).toMatchObject({ status: 'not_needed' });
    expect(mailsTo('late@example.com')).toEqual([]);
  });
});

describe('verify', () => {
  const overdue = async (moment: string) =>
    (await rig.ledger.verify(undefined, { at: moment })).violations
      .filter(({ invariant }) => invariant === 'no letter waits untried, or beyond its day')
      .map(({ detail }) => detail.split(' ')[1]);

  test('sees a letter that nobody tries, and one whose day is over', async () => {
    const { id, to } = await purchase();
    rig.mail.treat(to, 452);
    await expect(receipt(id, rig.day)).rejects.toThrow();
    expect(await overdue(at({ minutes: 16 }))).toEqual([]);
    expect(await overdue(later(at({ minutes: 16 }), { ms: 1 }))).toEqual([`purchase/${id}`]);
    await rig.own.sql('UPDATE boon.stuck_items SET next_try_at = $1', [at({ days: 2 })]);
    expect(await overdue(at({ days: 1, minutes: 15 }))).toEqual([]);
    expect(await overdue(later(at({ days: 1, minutes: 15 }), { ms: 1 }))).toEqual([`purchase/${id}`]);
    expect(await sweep(at({ days: 1, minutes: 15 }))).toMatchObject({ letters_given_up: 1 });
    expect(await overdue(at({ days: 2 }))).toEqual([]);
    rig.day = at({ days: 2 });
  });

  test('sees a letter about what there is not', async () => {
    await rig.own.sql(
      `INSERT INTO boon.letters (id, kind, subject, due_at) VALUES ('refund/nothing', 'refund', 'nothing', $1)`,
      [rig.day],
    );
    expect((await rig.ledger.verify()).violations).toEqual([
      {
        invariant: 'a letter tells of what there is',
        detail: 'letter refund/nothing is due, and there is no such refund',
      },
    ]);
    await rig.own.sql(
      "SET session_replication_role = replica; DELETE FROM boon.letters WHERE id = 'refund/nothing'; SET session_replication_role = origin",
    );
  });
});
