import { describe, expect, test } from 'vitest';
import { mailActivities } from '../../src/activities/mail.ts';
import { purchaseMailActivities } from '../../src/activities/purchases/purchase-mail.ts';
import { referralMailActivities } from '../../src/activities/referrals/referral-mail.ts';
import { give } from '../support/gifts.ts';
import { useLetters } from '../support/letters.ts';
import { invite } from '../support/referrals.ts';
import { askRefund, hearOfRefund } from '../support/refunds.ts';
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
  mailsTo,
  idsOf,
  letter,
  stuck,
  dying,
  failing,
} = useLetters();

describe('a letter that was noted as sent', () => {
  test('is not sent again, whoever asks for it', async () => {
    const { id, to } = await purchase();
    expect(await receipt(id, rig.day)).toBe('sent');
    expect(await receipt(id, at({ minutes: 1 }))).toBe('sent');
    expect(await sweep(at({ hours: 1 }))).toMatchObject({ letters_sent: 0 });
    expect(await receipt(id, at({ days: 3 }))).toBe('sent');
    expect(idsOf(to)).toEqual([`<purchase.${id}@boon.example>`]);
    expect(await letter(`purchase/${id}`)).toMatchObject({ status: 'sent', tries: 1, unanswered: 0 });
  });

  test('stays noted: the row is neither changed nor deleted', async () => {
    const { id } = await purchase();
    await receipt(id, rig.day);
    const change = "UPDATE boon.letters SET status = 'due', ended_at = NULL WHERE id = $1";
    await expect(rig.own.sql(change, [`purchase/${id}`])).rejects.toThrow('append-only');
    await expect(rig.own.sql('DELETE FROM boon.letters')).rejects.toThrow('append-only');
  });

  test.each([
    [
      'claim',
      async () => {
        const gift = await give(rig.ledger, await person(), 'claimant@example.com', {
          amount: '1',
          at: rig.day,
        });
        return () => run(() => mailActivities(parts()).sendClaimMail(gift.id, rig.day));
      },
    ],
    [
      'invitation',
      async () => {
        const { id } = await invite(rig.ledger, await person(), { program: 'both', at: rig.day });
        return () => run(() => referralMailActivities(parts()).sendInvitation(id, 0, rig.day));
      },
    ],
    [
      'reward',
      async () => {
        const id = await rewarded(await person());
        return () => run(() => referralMailActivities(parts()).sendRewardMail(id, 'referrer', rig.day));
      },
    ],
    [
      'refund',
      async () => {
        const bill = await purchase();
        const refund = await askRefund(rig.ledger, bill, { at: rig.day });
        await hearOfRefund(rig.ledger, refund, 'succeeded', { at: rig.day });
        return () => run(() => purchaseMailActivities(parts()).sendRefundMail(refund.id, rig.day));
      },
    ],
  ] as const)('of the kind %s is one mail, however often its activity runs', async (_kind, arrange) => {
    const send = await arrange();
    expect(await send()).toBe('sent');
    expect(await send()).toBe('sent');
    expect(await Promise.all([send(), send()])).toEqual(['sent', 'sent']);
    expect(rig.mail.mails).toHaveLength(1);
  });

  test('an invitation that is mailed again is another letter for each request, even of a process that began anew', async () => {
    const { id } = await invite(rig.ledger, await person(), {
      program: 'both',
      at: rig.day,
      email: 'again@example.com',
    });
    const { sendInvitation } = referralMailActivities(parts());
    for (const request of [undefined, 'first', 'first', 'second']) {
      expect(await run(() => sendInvitation(id, 0, rig.day, request))).toBe('sent');
    }
    expect(idsOf('again@example.com')).toHaveLength(3);
    expect(new Set(idsOf('again@example.com')).size).toBe(3);
  });
});

describe('a worker that dies after the mail server took the letter', () => {
  test('has it sent once more under the same Message-ID, a minute later, and not a third time', async () => {
    const { id, to } = await purchase();
    await expect(receipt(id, rig.day, dying())).rejects.toThrow('the worker has died');
    // Another try waits until it is sure that nobody tries it any more.
    await expect(receipt(id, at({ seconds: 59 }))).rejects.toMatchObject({
      ...failing('mail_held'),
      nextRetryDelay: 1_000,
    });
    expect(mailsTo(to)).toHaveLength(1);
    await expect(receipt(id, at({ minutes: 1 }), dying())).rejects.toThrow('the worker has died');
    await expect(receipt(id, at({ minutes: 2 }))).rejects.toMatchObject(failing('mail_unanswered', true));
    expect(await sweep(at({ minutes: 30 }))).toMatchObject({ letters_sent: 0, letters_failed: 0 });
    const messageId = `<purchase.${id}@boon.example>`;
    expect(idsOf(to)).toEqual([messageId, messageId]);
    expect(await letter(`purchase/${id}`)).toMatchObject({ status: 'unanswered', tries: 2 });
  });

  test('has it sent by the sweep where its process is gone', async () => {
    const { id, to } = await purchase();
    await expect(receipt(id, rig.day, dying())).rejects.toThrow('the worker has died');
    expect(await sweep(at({ seconds: 59 }))).toMatchObject({ letters_sent: 0 });
    expect(await sweep(at({ minutes: 1 }))).toMatchObject({ letters_sent: 1 });
    expect(mailsTo(to)).toHaveLength(2);
    expect(await letter(`purchase/${id}`)).toMatchObject({ status: 'sent', tries: 2 });
  });

  test('an answer of the ledger that is lost is asked for again, and is the same try', async () => {
    const { id } = await purchase();
    const name = { kind: 'purchase', subject: id } as const;
    expect(await rig.ledger.takeLetter(name, 'a', rig.day)).toEqual({ status: 'taken' });
    expect(await rig.ledger.takeLetter(name, 'a', rig.day)).toEqual({ status: 'taken' });
    expect(await rig.ledger.takeLetter(name, 'b', rig.day)).toEqual({
      status: 'held',
      until: at({ minutes: 1 }),
    });
    expect(await letter(`purchase/${id}`)).toMatchObject({ tries: 1, unanswered: 1 });
    // Who does not hold it has nothing to say of it.
    expect(await rig.ledger.failLetter(name, 'b', 'late', false, rig.day)).toBe('due');
    expect(await letter(`purchase/${id}`)).toMatchObject({ unanswered: 1 });
    expect(await rig.ledger.failLetter(name, 'a', 'full', false, rig.day)).toBe('due');
    expect(await letter(`purchase/${id}`)).toMatchObject({ unanswered: 0 });
    await receipt(id, rig.day);
  });
});

describe('a mail server', () => {
  test('that takes the text and does not answer has the letter twice at most', async () => {
    const { id, to } = await purchase();
    rig.mail.treat(to, 'silent');
    await expect(receipt(id, rig.day)).rejects.toMatchObject(failing('mail_unavailable'));
    await expect(receipt(id, at({ minutes: 1 }))).rejects.toMatchObject(failing('mail_unanswered', true));
    await expect(receipt(id, at({ minutes: 2 }))).rejects.toMatchObject(failing('mail_unanswered', true));
    expect(await stuck()).toEqual([]);
    const messageId = `<purchase.${id}@boon.example>`;
    expect(idsOf(to)).toEqual([messageId, messageId]);
  });

  test('that hangs before it has the text is tried again and again, and the letter arrives once', async () => {
    const { id, to } = await purchase();
    rig.mail.treat(to, 'hang');
    for (const minutes of [0, 1, 3, 7]) {
      await expect(receipt(id, at({ minutes }))).rejects.toMatchObject(failing('mail_unavailable'));
    }
    rig.mail.treat(to, undefined);
    expect(await receipt(id, at({ minutes: 15 }))).toBe('sent');
    expect(mailsTo(to)).toHaveLength(1);
  });

  test('that refuses the sender refuses no recipient for good', async () => {
    const { id, to } = await purchase();
    rig.mail.refuseSender(550);
    await expect(receipt(id, rig.day)).rejects.toMatchObject(failing('mail_unavailable'));
    rig.mail.refuseSender(undefined);
    expect(await receipt(id, at({ minutes: 1 }))).toBe('sent');
    expect(mailsTo(to)).toHaveLength(1);
  });

  test.each([550, 551, 553, 554])('that refuses an address with %i is not asked again', async (code) => {
    const { id, to } = await purchase();
    rig.mail.treat(to, code);
    await expect(receipt(id, rig.day)).rejects.toMatchObject(failing('mail_refused', true));
    rig.mail.treat(to, undefined);
    await expect(receipt(id, at({ minutes: 1 }))).rejects.toMatchObject(failing('mail_refused', true));
    expect(await sweep(at({ hours: 1 }))).toMatchObject({ letters_sent: 0, letters_failed: 0 });
    expect(mailsTo(to)).toEqual([]);
    expect(await letter(`purchase/${id}`)).toMatchObject({ status: 'refused', tries: 1 });
  });

  test.each([450, 452, 552, '550 5.2.2'] as const)(
    'whose mailbox is full (%s) is asked again for the letter’s day',
    async (how) => {
      const { id, to } = await purchase();
      rig.mail.treat(to, how);
      await expect(receipt(id, rig.day)).rejects.toMatchObject(failing('mailbox_unavailable'));
      expect(await stuck()).toMatchObject([
        { item: `purchase/${id}`, tries: 1, since: rig.day, next_try_at: at({ minutes: 1 }) },
      ]);
      expect(JSON.stringify(await stuck())).not.toContain('@');
      let moment = rig.day;
      let tries = 1;
      // As the schedule does it, ever later, at most an hour. One is followed through its day.
      if (how !== 452) {
        rig.mail.treat(to, undefined);
        expect(await sweep(at({ minutes: 5 }))).toMatchObject({ letters_sent: 1 });
        return;
      }
      while (moment < at({ hours: 23, minutes: 55 })) {
        moment = later(moment, { minutes: 5 });
        const { letters_failed } = await sweep(moment);
        tries += letters_failed;
      }
      expect(tries).toBeGreaterThan(24);
      expect(tries).toBeLessThan(36);
      expect(await sweep(at({ days: 1 }))).toMatchObject({ letters_failed: 0, letters_given_up: 1 });
      expect(await letter(`purchase/${id}`)).toMatchObject({ status: 'given_up', tries });
      expect(await stuck()).toEqual([]);
      rig.mail.treat(to, undefined);
      await expect(receipt(id, at({ days: 1, minutes: 1 }))).rejects.toMatchObject(
        failing('mail_given_up', true),
      );
      expect(mailsTo(to)).toEqual([]);
    },
  );

  test('that is away is left alone after five letters, and the next run begins with others', async () => {
    const all = [];
    for (let count = 0; count < 8; count += 1) all.push(await purchase());
    rig.mail.refuseWith(421);
    expect(await sweep(at({ minutes: 10 }))).toMatchObject({ letters_sent: 0, letters_failed: 5 });
    expect(await stuck()).toContainEqual(expect.objectContaining({ item: '*' }));
    rig.mail.refuseWith(undefined);
    expect(await sweep(at({ minutes: 10, seconds: 30 }))).toMatchObject({ letters_sent: 3 });
    expect(await sweep(at({ minutes: 15 }))).toMatchObject({ letters_sent: 5, letters_failed: 0 });
    for (const { to } of all) expect(mailsTo(to)).toHaveLength(1);
    expect(await stuck()).toEqual([]);
  });
});
