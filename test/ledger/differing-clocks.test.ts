/** Servers whose clocks differ by two seconds: a redemption, and a reset of everybody's windows, by the clock that lags behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createCampaign, runToItsEnd } from '../support/campaigns.ts';
import { bank, redeem, use } from '../support/resets.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger();
  ledger = own.ledger;
});
afterAll(() => own.close());

/** What the clock that is ahead shows at START. */
const AHEAD = later(START, { seconds: 2 });

let people = 0;
async function person(): Promise<string> {
  people += 1;
  const name = `clocks-${people}`;
  await seedAccount(ledger, name);
  return name;
}
/** When each window began, in order: five hours, a week. */
async function begun(name: string): Promise<(string | null)[]> {
  const { windows } = await ledger.limits(name, AHEAD);
  return [windows.five_hour.started_at, windows.weekly.started_at];
}

describe('a gift of an account that another server has just made', () => {
  const give = async (from: string, what: { amount: string } | { reset_id: string }) => {
    const gift = { amount: '0', ...what, key: newKey(), id: newGiftId(), at: START, from } as const;
    const to = { account_id: await person() };
    return await ledger
      .acceptGift({ ...gift, to, funding: 'transfer', message: null })
      .then(({ value }) => value.status)
      .catch(({ code, reasonCode }) => [code, reasonCode]);
  };
  const made = async (name: string) => {
    await seedAccount(ledger, name, { credits: '10', put: { created_at: AHEAD }, at: AHEAD });
    const [{ id }] = await bank(ledger, name);
    return [await give(name, { amount: '1' }), await give(name, { reset_id: id })];
  };

  test('is accepted by the clock that lags behind, where no age is asked', async () => {
    const screening = { new_account: { verdict: 'allow' } } as const;
    await ledger.usePolicy(policyWith({ gifts: { min_account_age: 'PT0S', screening } }), START);
    expect(await made('just-made')).toEqual(['pending', 'pending']);
    expect((await ledger.gifting('just-made', START)).reasons).toEqual([]);
  });

  test('is refused by it where one is, of a second too', async () => {
    await ledger.usePolicy(policyWith({ gifts: { min_account_age: 'PT1S' } }), START);
    const refused = ['gift_denied', 'account_too_new'];
    expect(await made('too-new')).toEqual([refused, refused]);
    await ledger.usePolicy(policyWith(), START);
  });
});

describe('a redemption by the clock that lags behind', () => {
  test.each([false, true])(
    'takes place when the windows opened, not before; the week moves: %s',
    async (moves_weekly_date) => {
      await ledger.usePolicy(policyWith({ resets: { moves_weekly_date } }), START);
      const ada = await person();
      await bank(ledger, ada);
      await use(ledger, ada, '3', AHEAD);
      const preview = await redeem(ledger, ada, { dry_run: true });
      const done = await redeem(ledger, ada, { request_id: 'once' });
      await ledger.usePolicy(policyWith(), START);
      expect(done).toMatchObject({
        outcome: 'reset',
        redeemed_at: AHEAD,
        before: { five_hour: { used: '3', started_at: AHEAD } },
        after: { five_hour: { used: '0', started_at: AHEAD }, weekly: { used: '0', started_at: AHEAD } },
      });
      expect(preview.after).toEqual(done.after);
      expect(await begun(ada)).toEqual([AHEAD, AHEAD]);
      expect(await redeem(ledger, ada, { request_id: 'once' })).toMatchObject({
        outcome: 'already_redeemed',
        redeemed_at: AHEAD,
        after: done.after,
      });
      expect(await use(ledger, ada, '2', AHEAD)).toMatchObject({
        five_hour: { used: '2' },
        weekly: { used: '2' },
      });
    },
  );

  test('comes after another by the clock that is ahead', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 2, at: later(START, { days: -1 }) });
    await use(ledger, ada, '3', later(START, { hours: -1 }));
    await redeem(ledger, ada, { at: AHEAD });
    await use(ledger, ada, '1', AHEAD);
    expect(await redeem(ledger, ada)).toMatchObject({ outcome: 'reset', redeemed_at: AHEAD });
    expect(await begun(ada)).toEqual([AHEAD, later(START, { hours: -1 })]);
  });

  test('leaves a week alone that has ended by then, and its reset does not come back for it', async () => {
    const ada = await person();
    await bank(ledger, ada, { count: 2, at: later(START, { days: -8 }) });
    await use(ledger, ada, '1', later(AHEAD, { days: -7 }));
    await use(ledger, ada, '2', later(AHEAD, { hours: -1 }));
    await redeem(ledger, ada, { at: later(AHEAD, { hours: -1 }) });
    await use(ledger, ada, '3', later(START, { ms: -1 }));
    await ledger.returnDueResets(START, 100);
    await bank(ledger, ada, { at: AHEAD });
    const banked = (await ledger.listResets(ada, AHEAD)).data.find(({ granted_at }) => granted_at === AHEAD);
    expect(await redeem(ledger, ada, { reset_id: banked?.id })).toMatchObject({
      outcome: 'reset',
      redeemed_at: AHEAD,
      before: { five_hour: { used: '3' }, weekly: { used: '0', started_at: null } },
    });
    expect((await ledger.listResets(ada, AHEAD)).data.find(({ id }) => id === banked?.id)).toMatchObject({
      status: 'redeemed',
    });
    expect(await own.sql('SELECT return_at FROM boon.resets WHERE id = $1', [banked?.id])).toEqual([
      { return_at: null },
    ]);
  });

  test('comes after its reset was banked by the clock that is ahead', async () => {
    const ada = await person();
    await bank(ledger, ada, { at: AHEAD });
    await use(ledger, ada, '3', later(START, { hours: -1 }));
    expect(await redeem(ledger, ada)).toMatchObject({ outcome: 'reset', redeemed_at: AHEAD });
  });

  test('spends no reset that has expired by the time at which the windows opened', async () => {
    const [ada, bob] = [await person(), await person()];
    await bank(ledger, ada, { at: later(AHEAD, { days: -30 }) });
    await bank(ledger, bob, { at: later(AHEAD, { days: -30, ms: 1 }) });
    for (const name of [ada, bob]) await use(ledger, name, '3', AHEAD);
    expect(await redeem(ledger, ada)).toMatchObject({ outcome: 'no_credit' });
    expect(await redeem(ledger, bob)).toMatchObject({ outcome: 'reset', redeemed_at: AHEAD });
  });
});

test('a window that begins by the clock that lags behind ends one that a use reported late has begun just before', async () => {
  const ada = await person();
  await use(ledger, ada, '1', later(START, { hours: -6 }));
  await bank(ledger, ada, { at: later(START, { days: -1 }) });
  await redeem(ledger, ada, { at: AHEAD });
  const told = { account_id: ada, product: 'codex', units: '2', id: 'late', now: START };
  await ledger.use({ ...told, at: later(START, { ms: -1 }) });
  await use(ledger, ada, '3', later(START, { ms: 1 }));
  const windows = await own.sql(
    `SELECT boon_code.credits(x.used) AS used, x.ended_at FROM boon_code.window_at($1, 'five_hour', $2) x`,
    [ada, START],
  );
  expect(windows).toEqual([{ used: '2', ended_at: new Date(later(START, { ms: 1 })) }]);
  expect((await ledger.verify()).violations).toEqual([]);
});

test('a reset of everybody’s windows by the clock that lags behind moves none back before it opened', async () => {
  const ada = await person();
  await use(ledger, ada, '3', AHEAD);
  const { id } = await createCampaign(ledger, { kind: 'reset_windows' });
  await runToItsEnd(ledger, id);
  expect(await begun(ada)).toEqual([AHEAD, AHEAD]);
  expect(await use(ledger, ada, '2', AHEAD)).toMatchObject({
    five_hour: { used: '2' },
    weekly: { used: '2' },
  });
});
