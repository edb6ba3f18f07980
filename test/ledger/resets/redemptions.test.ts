import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { outcomes, refusal } from '../../support/gifts.ts';
import { bank, bankedCount, redeem, use } from '../../support/resets.ts';
import {
  expectVerified,
  later,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
/** Several ledgers on one database, as several processes have. */
let ledgers: Ledger[] = [];
beforeAll(async () => {
  own = await openTestLedger();
  ledger = own.ledger;
  const { version: policyVersion } = policyWith();
  const { url, encryptionKey } = own;
  const others = [1, 2].map(() => createPostgresLedger({ url, encryptionKey, policyVersion }));
  ledgers = [ledger, ...others];
});
afterAll(async () => {
  await Promise.all(ledgers.slice(1).map((other) => other.close()));
  await own.close();
});
const on = (n: number): Ledger => ledgers[n % ledgers.length] ?? ledger;

const at = (by: Parameters<typeof later>[1]) => later(START, by);
let people = 0;
async function person(put: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  const name = `person-${people}`;
  await seedAccount(ledger, name, put);
  return name;
}
const CLOSED = { started_at: null, resets_at: null };
const moved = { resets: { moves_weekly_date: true } };

describe('a redemption', () => {
  test('restores the weekly and the 5-hour window together, and spends one reset', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 2 });
    await use(ledger, ada, '7.5', at({ hours: -6 }));
    await use(ledger, ada, '20', at({ hours: -1 }));
    const answer = await redeem(ledger, ada);
    expect(answer).toMatchObject({
      outcome: 'reset',
      windows_reset: 2,
      redeemed_at: START,
      dry_run: false,
      before: {
        five_hour: { used: '20', limit: '25', started_at: at({ hours: -1 }), resets_at: at({ hours: 4 }) },
        weekly: {
          used: '27.5',
          limit: '150',
          started_at: at({ hours: -6 }),
          resets_at: at({ days: 7, hours: -6 }),
        },
      },
      after: {
        five_hour: { used: '0', limit: '25', started_at: START, resets_at: at({ hours: 5 }) },
        weekly: {
          used: '0',
          limit: '150',
          started_at: at({ hours: -6 }),
          resets_at: at({ days: 7, hours: -6 }),
        },
      },
    });
    const left = { plan: 'plus', windows: answer.after, resets_available: 1 };
    expect(await ledger.limits(ada, START)).toMatchObject(left);
  });

  test('moves the weekly date where the policy says so', async () => {
    const ada = await person();
    await ledger.usePolicy(policyWith(moved), START);
    try {
      await bank(ledger, ada);
      await use(ledger, ada, '3', at({ days: -2 }));
      const { before, after } = await redeem(ledger, ada);
      expect(before.weekly).toMatchObject({ used: '3', resets_at: at({ days: 5 }) });
      expect(after.weekly).toMatchObject({ used: '0', started_at: START, resets_at: at({ days: 7 }) });
      expect(after.five_hour).toMatchObject({ used: '0', ...CLOSED });
      expect((await ledger.limits(ada, START)).windows).toEqual(after);
    } finally {
      await ledger.usePolicy(policyWith(), START);
    }
  });

  test('follows the policy that its reset was banked under', async () => {
    const ada = await person();
    await ledger.usePolicy(policyWith(moved), START);
    await bank(ledger, ada);
    await ledger.usePolicy(policyWith(), START);
    await use(ledger, ada, '3', at({ days: -2 }));
    expect((await redeem(ledger, ada)).after.weekly.resets_at).toBe(at({ days: 7 }));
  });

  test('spends the reset that expires soonest, or the one chosen', async () => {
    const ada = await person();
    const [late] = await bank(ledger, ada, { at: at({ days: -1 }) });
    const [soon] = await bank(ledger, ada, { at: at({ days: -20 }) });
    const [middle] = await bank(ledger, ada, { at: at({ days: -10 }) });
    await use(ledger, ada, '1');
    expect((await redeem(ledger, ada, { reset_id: middle.id })).reset_id).toBe(middle.id);
    await use(ledger, ada, '1');
    expect((await redeem(ledger, ada)).reset_id).toBe(soon.id);
    const { data } = await ledger.listResets(ada, START);
    expect(data.map(({ id, status }) => [id, status])).toEqual([
      [late.id, 'available'],
      [middle.id, 'redeemed'],
      [soon.id, 'redeemed'],
    ]);
  });

  test('spends nothing where nothing is used, and may be asked for again when something is', async () => {
    const ada = await person();
    await bank(ledger, ada);
    const request_id = newKey('redeem');
    const answer = await redeem(ledger, ada, { request_id });
    expect(answer).toMatchObject({
      outcome: 'nothing_to_reset',
      windows_reset: 0,
      reset_id: null,
      redeemed_at: null,
    });
    expect(answer.after).toEqual(answer.before);
    expect(await bankedCount(ledger, ada, START)).toBe(1);
    await use(ledger, ada, '1');
    expect(await redeem(ledger, ada, { request_id })).toMatchObject({ outcome: 'reset' });
  });

  test('spends nothing where what is used has no limit', async () => {
    const second = await openTestLedger({
      plans: { pro: { five_hour: null, weekly: null }, plus: { five_hour: null, weekly: '100' } },
    });
    try {
      await seedAccount(second.ledger, 'free', { put: { plan: 'pro' } });
      await seedAccount(second.ledger, 'week');
      for (const id of ['free', 'week']) {
        await bank(second.ledger, id);
        await use(second.ledger, id, '20');
      }
      expect(await redeem(second.ledger, 'free')).toMatchObject({
        outcome: 'nothing_to_reset',
        windows_reset: 0,
        before: { five_hour: { used: '20' } },
      });
      expect(await redeem(second.ledger, 'free', { dry_run: true })).toMatchObject({
        outcome: 'nothing_to_reset',
      });
      // The week in which it was used is over, its 5 hours are not: those have no limit.
      const end = later(START, { days: 7 });
      await use(second.ledger, 'week', '20', later(end, { hours: -1 }));
      expect(await redeem(second.ledger, 'week', { at: end })).toMatchObject({ outcome: 'nothing_to_reset' });
      await use(second.ledger, 'week', '20', end);
      expect(await redeem(second.ledger, 'week', { at: end })).toMatchObject({ outcome: 'reset' });
      expect((await second.ledger.limits('free', START)).resets_available).toBe(1);
    } finally {
      await second.close();
    }
  });

  test('without a reset answers no_credit, and leaves the windows as they are', async () => {
    const ada = await person();
    await use(ledger, ada, '4');
    const answer = await redeem(ledger, ada);
    expect(answer).toMatchObject({ outcome: 'no_credit', windows_reset: 0, reset_id: null });
    expect(answer.after).toEqual(answer.before);
    expect((await ledger.limits(ada, START)).windows).toEqual(answer.before);
  });

  test('does not spend another account’s reset', async () => {
    const [ada, eve] = [await person(), await person()];
    const [hers] = await bank(ledger, ada);
    await use(ledger, eve, '4');
    expect(await redeem(ledger, eve, { reset_id: hers.id })).toMatchObject({ outcome: 'no_credit' });
    expect(await bankedCount(ledger, ada, START)).toBe(1);
  });

  test('repeated under its request id answers what it did, and spends nothing more', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 2 });
    await use(ledger, ada, '4');
    const request_id = newKey('redeem');
    const first = await redeem(ledger, ada, { request_id });
    await use(ledger, ada, '9', at({ minutes: 1 }));
    const again = await redeem(ledger, ada, { request_id, at: at({ days: 1 }) });
    expect(again).toEqual({ ...first, outcome: 'already_redeemed' });
    expect(await ledger.limits(ada, at({ minutes: 1 }))).toMatchObject({
      resets_available: 1,
      windows: { weekly: { used: '9' } },
    });
  });

  test('of a chosen reset that another request has redeemed answers what that one did', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada, { count: 2 });
    await use(ledger, ada, '4');
    const first = await redeem(ledger, ada, { reset_id: reset.id });
    await use(ledger, ada, '1');
    const second = await redeem(ledger, ada, { reset_id: reset.id });
    expect(second).toEqual({ ...first, outcome: 'already_redeemed' });
    expect(await bankedCount(ledger, ada, START)).toBe(1);
  });

  test('uses one request id for each account', async () => {
    const [ada, bob] = [await person(), await person()];
    for (const who of [ada, bob]) {
      await bank(ledger, who);
      await use(ledger, who, '1');
    }
    expect(await redeem(ledger, ada, { request_id: 'same' })).toMatchObject({ outcome: 'reset' });
    expect(await redeem(ledger, bob, { request_id: 'same' })).toMatchObject({ outcome: 'reset' });
  });

  test('previewed shows before and after, and changes nothing', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada);
    await use(ledger, ada, '4');
    const request_id = newKey('redeem');
    const preview = await redeem(ledger, ada, { request_id, dry_run: true });
    expect(preview).toMatchObject({ outcome: 'reset', reset_id: reset.id, redeemed_at: null, dry_run: true });
    expect(await ledger.limits(ada, START)).toMatchObject({ resets_available: 1, windows: preview.before });
    const done = await redeem(ledger, ada, { request_id });
    expect(done).toEqual({ ...preview, dry_run: false, redeemed_at: START });
    expect(await redeem(ledger, ada, { request_id, dry_run: true })).toMatchObject({
      outcome: 'already_redeemed',
      redeemed_at: START,
    });
  });

  test.each(['frozen', 'closed'] as const)(
    'of a %s account is refused; what it redeemed before is still told',
    async (status) => {
      const ada = await person();
      await bank(ledger, ada, { count: 2 });
      await use(ledger, ada, '4');
      const first = await redeem(ledger, ada, { request_id: 'before' });
      await use(ledger, ada, '4');
      await ledger.putAccount(ada, { plan: 'plus', status }, START);
      await expect(redeem(ledger, ada)).rejects.toMatchObject(refusal('account_frozen', status));
      await expect(redeem(ledger, ada, { dry_run: true })).rejects.toMatchObject(
        refusal('account_frozen', status),
      );
      expect(await redeem(ledger, ada, { request_id: 'before' })).toEqual({
        ...first,
        outcome: 'already_redeemed',
      });
    },
  );

  test('of an unknown account is not found', async () => {
    await expect(redeem(ledger, 'nobody')).rejects.toMatchObject(refusal('not_found'));
    await expect(use(ledger, 'nobody', '1')).rejects.toMatchObject(refusal('not_found'));
    await expect(ledger.limits('nobody', START)).rejects.toMatchObject(refusal('not_found'));
    await expect(ledger.listResets('nobody', START)).rejects.toMatchObject(refusal('not_found'));
  });

  test('works with a reset one millisecond before its expiry, and not at it', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada, { count: 2 });
    expect(reset.expires_at).toBe(at({ days: 30 }));
    await use(ledger, ada, '4', at({ days: 30, ms: -1 }));
    expect(await redeem(ledger, ada, { at: at({ days: 30, ms: -1 }) })).toMatchObject({ outcome: 'reset' });
    await use(ledger, ada, '4', at({ days: 30 }));
    expect(await redeem(ledger, ada, { at: at({ days: 30 }) })).toMatchObject({ outcome: 'no_credit' });
    expect(await ledger.listResets(ada, at({ days: 30 }))).toMatchObject({
      data: [{ status: 'expired' }, { status: 'redeemed' }],
    });
  });
});

describe('at once', () => {
  const times = <T>(count: number, make: (n: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => make(n));

  test('two redemptions of one chosen reset spend it once', async () => {
    const ada = await person();
    const [reset] = await bank(ledger, ada);
    await use(ledger, ada, '4');
    const both = await Promise.all(times(2, (n) => redeem(on(n), ada, { reset_id: reset.id })));
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['already_redeemed', 'reset']);
    expect(both[0]?.before).toEqual(both[1]?.before);
  });

  test('fifty equal requests redeem once and get one answer', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 50 });
    await use(ledger, ada, '4');
    const request_id = newKey('redeem');
    const answers = await Promise.all(times(50, (n) => redeem(on(n), ada, { request_id })));
    expect(answers.filter(({ outcome }) => outcome === 'reset')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'already_redeemed')).toHaveLength(49);
    expect(new Set(answers.map(({ reset_id }) => reset_id)).size).toBe(1);
    expect(await bankedCount(ledger, ada, START)).toBe(49);
  });

  test('fifty different requests spend one reset: after the first nothing is used', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 50 });
    await use(ledger, ada, '4');
    const answers = await Promise.all(times(50, (n) => redeem(on(n), ada)));
    expect(answers.filter(({ outcome }) => outcome === 'reset')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'nothing_to_reset')).toHaveLength(49);
  });

  test('uses, redemptions and a global reset of one account keep its windows and resets whole', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 30 });
    const moment = (n: number) => at({ minutes: n });
    const spent = await outcomes(
      times(90, async (n): Promise<string> => {
        if (n % 3 === 0) return (await use(on(n / 3), ada, '1', moment(n))).weekly.used;
        if (n % 3 === 1) return (await redeem(on(n), ada, { at: moment(n) })).outcome;
        // As a campaign does: the account is locked before its resets are looked at.
        await own.sql(`BEGIN; SELECT FROM boon.ledger_accounts WHERE id = '${ada}' FOR UPDATE;
          SELECT boon_code.return_resets(ARRAY['${ada}'], '${moment(n)}'); COMMIT`);
        return 'returned';
      }),
    );
    expect(spent.errors).toEqual([]);
    const redeemed = spent.values.filter((value) => value === 'reset').length;
    const { data: resets } = await ledger.listResets(ada, moment(90));
    const count = (wanted: string) => resets.filter(({ status }) => status === wanted).length;
    expect(count('redeemed')).toBe(redeemed);
    const back = resets.filter(({ source }) => source === 'return').length;
    expect(count('available')).toBe(30 - redeemed + back);
    await expectVerified(ledger);
  });

  test('a redemption and an expiry of one reset end as one of the two', async () => {
    const names = await Promise.all(times(20, () => person()));
    for (const name of names) {
      await bank(ledger, name);
      await use(ledger, name, '1', at({ days: 30, ms: -1 }));
    }
    const [answers] = await Promise.all([
      outcomes(names.map((name, n) => redeem(on(n), name, { at: at({ days: 30, ms: -1 }) }))),
      on(1).expireResets(at({ days: 30 }), 7),
      on(2).expireResets(at({ days: 30 }), 100),
    ]);
    expect(answers.errors).toEqual([]);
    for (const [n, name] of names.entries()) {
      const { data: resets } = await ledger.listResets(name, at({ days: 30 }));
      expect(resets.map(({ status }) => status)).toEqual([
        answers.values[n]?.outcome === 'reset' ? 'redeemed' : 'expired',
      ]);
    }
  });
});

describe('a grant of resets', () => {
  test('is banked once under its key, with the program and the expiry of the policy', async () => {
    const ada = await person();
    const request = {
      key: newKey('resets'),
      at: START,
      account_id: ada,
      count: 2,
      reason: 'sorry',
      program: 'outage',
      by: 'key:op',
    };
    const { value, replayed } = await ledger.grantResets(request);
    expect(replayed).toBe(false);
    expect(value.resets).toHaveLength(2);
    expect(value.resets[0]).toMatchObject({
      status: 'available',
      source: 'grant',
      program: 'outage',
      granted_at: START,
      expires_at: at({ days: 30 }),
    });
    expect(await ledger.grantResets(request)).toEqual({ value, replayed: true });
    expect(await bankedCount(ledger, ada, START)).toBe(2);
    await expect(ledger.grantResets({ ...request, count: 3 })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
    const [row] = await own.sql('SELECT result FROM boon.idempotency_keys WHERE key = $1', [request.key]);
    expect(row?.result).toMatchObject({ reason: 'sorry', by: 'key:op' });
  });

  test('to a closed or an unknown account is refused', async () => {
    const ada = await person({ put: { status: 'closed' } });
    await expect(bank(ledger, ada)).rejects.toMatchObject(
      refusal('recipient_ineligible', 'recipient_unavailable'),
    );
    await expect(bank(ledger, 'nobody')).rejects.toMatchObject(refusal('not_found'));
  });
});
