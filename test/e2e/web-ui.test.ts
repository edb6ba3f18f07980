/** An operator with nothing but a browser: gifts are found, read and operated in the Temporal Web UI. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transfer } from '../../src/contracts/gifts/transfer.schema.ts';
import { startChromium } from '../support/chromium.ts';
import { type OperatorStack, startOperatorStack } from '../support/operator-stack.ts';
import { WebUi } from '../support/web-ui.ts';

let boon: OperatorStack;
let browser: Browser;
let ui: WebUi;
beforeAll(async () => {
  [boon, browser] = await Promise.all([startOperatorStack(), startChromium()]);
  ui = new WebUi(await browser.newPage({ viewport: { width: 1200, height: 900 } }), boon.uiUrl);
});
afterAll(async () => {
  await browser?.close();
  await boon?.close();
});

/** Every gift has a sender and a recipient of its own, so that no limit and no screening is in the way. */
let pairs = 0;
async function give(amount: string, daysOld?: number, client = boon.client): Promise<Transfer> {
  pairs += 1;
  const [from, to] = [`ada_${pairs}`, `bob_${pairs}`];
  await boon.seed(from, { credits: '1000', ...(daysOld === undefined ? {} : { daysOld }) });
  await boon.seed(to);
  return await client.transfers.create({ from, to: { account_id: to }, amount });
}

/** A gift that waits for its settlement and whose workflow has not run yet. */
const delayed = () => give('25');
/** One that screening holds when it is accepted: much from an account that is ten days old. */
const heldByScreening = () => give('500', 10);
/** One that was held and released: its workflow runs. */
async function woken(): Promise<Transfer> {
  const gift = await delayed();
  await boon.client.transfers.hold(gift.id, { reason: 'a look at it' });
  return await boon.client.transfers.release(gift.id, {});
}
async function held(): Promise<Transfer> {
  const gift = await delayed();
  return await boon.client.transfers.hold(gift.id, { reason: 'a look at it' });
}

/** Pages and workers take their time on a busy machine. */
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000, interval: 250 });
const statusOf = async ({ id }: Transfer) => (await boon.client.transfers.get(id)).status;
const balanceOf = (account: string) => boon.client.accounts.balance(account);
/** A time as the Web UI and our texts show it, to the second. */
const shown = (instant: string) => new RegExp(`${instant.slice(0, 10)}( UTC)? ${instant.slice(11, 19)}`);

test('gifts are found by account, and those on hold by their status', async () => {
  const [small, large, onHold] = [await give('1'), await give('600'), await heldByScreening()];
  await boon.seed('user_cleo');
  const to = { account_id: 'user_cleo' };
  const second = await boon.client.transfers.create({ from: small.from, to, amount: '2' });
  await ui.search(`BoonAccount="${small.from}"`);
  await eventually(() => ui.listed()).toEqual([`gift/${second.id}`, `gift/${small.id}`]);
  await ui.search('BoonProgram="gift" AND BoonCredits > 550');
  await eventually(() => ui.listed()).toEqual([`gift/${large.id}`]);
  await ui.filterBy('BoonStatus', 'held');
  await eventually(() => ui.listed()).toEqual([`gift/${onHold.id}`]);
});

describe('a gift before its deadline', () => {
  test('shows who gives what to whom, what comes next and what can be done', async () => {
    const gift = await delayed();
    await ui.openGift(gift.id);
    const start = await ui.headTime('Execution Start');
    // The page shows whole seconds, and the delay was counted from a moment after the acceptance.
    expect(Math.abs(start.getTime() - Date.parse(gift.settles_at))).toBeLessThan(2_000);
    await ui.openCard();
    await eventually(() => ui.card()).toEqual({
      summary: `25 credits from ${gift.from} to ${gift.to.account_id}`,
      details: expect.stringMatching(/^At the start: pending\. Settles at /),
      current: 'No Current Details',
    });
    const { details } = await ui.card();
    expect(details).toMatch(shown(gift.settles_at));
    for (const update of ['hold {"reason":"why"}', 'reject {"reason":"why"}', 'cancel {}']) {
      expect(details).toContain(update);
    }
  });

  test('is held with a typed name; the page then shows the hold and offers names', async () => {
    const gift = await delayed();
    await ui.openGift(gift.id);
    await ui.openForm();
    expect(await ui.offered()).toBeUndefined();
    await ui.fillForm('hold', '{"reason":"looks like resale","by":"mia"}');
    expect(await ui.submit()).toBe('Update successful');
    const now = await boon.client.transfers.get(gift.id);
    expect(now).toMatchObject({ status: 'held', reason_code: 'operator_hold', reason: 'looks like resale' });
    await ui.openGift(gift.id);
    await ui.openForm();
    expect(await ui.offered()).toEqual([
      'hold',
      'release',
      'reject',
      'cancel',
      'claim',
      'refresh',
      'accept',
      'Custom',
    ]);
    await ui.closeForm();
    await ui.openCard();
    await eventually(async () => (await ui.card()).current).toMatch(shown(now.hold_ends_at ?? 'a time'));
    const { current } = await ui.card();
    expect(current).toContain(`25 credits from ${gift.from} to ${gift.to.account_id}`);
    expect(current).toContain('Status: held (operator_hold: looks like resale)');
    expect(current).toContain('release {}');
  });

  test('that screening holds is released with a typed name', async () => {
    const gift = await heldByScreening();
    expect(gift).toMatchObject({ status: 'held', reason_code: 'new_account' });
    expect(await ui.send(gift.id, 'release')).toBe('Update successful');
    expect(await statusOf(gift)).toBe('pending');
  });

  test('is rejected with a typed name, and the credits are back', async () => {
    const gift = await delayed();
    expect(await balanceOf(gift.from)).toMatchObject({ available: '975', held: '25' });
    expect(await ui.send(gift.id, 'reject', '{"reason":"stolen card"}')).toBe('Update successful');
    expect(await statusOf(gift)).toBe('rejected');
    expect(await balanceOf(gift.from)).toMatchObject({ available: '1000', held: '0' });
  });

  test('is canceled by the button Request Cancellation', async () => {
    const gift = await delayed();
    await ui.openGift(gift.id);
    await ui.requestCancellation();
    await eventually(() => statusOf(gift)).toBe('canceled');
  });
});

describe('a gift whose workflow runs', () => {
  test.each([
    ['hold', woken, '{"reason":"once more"}', 'held'],
    ['release', held, undefined, 'pending'],
    ['reject', held, '{"reason":"stolen card"}', 'rejected'],
  ] as const)('is changed by %s, chosen from the list', async (update, make, data, status) => {
    const gift = await make();
    await ui.openGift(gift.id);
    await ui.openForm();
    expect(await ui.offered()).toContain(update);
    await ui.fillForm(update, data);
    expect(await ui.submit()).toBe('Update successful');
    expect(await statusOf(gift)).toBe(status);
  });

  test('says in the form why it refuses, in a sentence and without code', async () => {
    const gift = await woken();
    expect(await ui.send(gift.id, 'release')).toBe(
      'The transfer is pending: it cannot be changed by release.',
    );
    await ui.closeForm();
    await ui.openForm();
    await ui.fillForm('hold', '{"reasons":"odd"}');
    expect(await ui.submit()).toBe(
      'reasons is not a field of hold; reason must be a text of 1 to 500 characters; send hold an object such as {"reason":"why"}',
    );
    expect(await statusOf(gift)).toBe('pending');
  });
});

test('a gift that has ended says how', async () => {
  const gift = await give('3', undefined, boon.quick);
  await eventually(() => statusOf(gift)).toBe('settled');
  await ui.openGift(gift.id);
  await ui.openCard();
  const current = async () => (await ui.card()).current;
  await eventually(current).toContain('Status: settled. Settled at');
  expect(await current()).toContain('the API can still reverse it');
});

test('the schedules say what they are for, and run when an operator says so', async () => {
  await boon.seed('user_dan');
  const expires = Date.now() + 5_000;
  await boon.client.grants.create({
    account_id: 'user_dan',
    amount: '7',
    source: 'promotional',
    reason: 'for a moment',
    expires_at: new Date(expires).toISOString(),
  });
  await ui.openSchedules();
  await eventually(() => ui.page.locator('table').textContent()).toMatch(/boon-expiry.*boon-reconcile/s);
  await ui.openSchedule('boon-reconcile');
  expect(await ui.page.locator('main').textContent()).toContain('Starts the processes that are missing');
  await ui.openSchedule('boon-expiry');
  expect(await ui.page.locator('main').textContent()).toContain('an expired lot is still shown as available');
  await pause(Math.max(0, expires - Date.now()));
  await ui.trigger();
  const last = async () => (await boon.client.accounts.statement('user_dan')).data[0];
  await eventually(last).toMatchObject({ kind: 'expired', amount: '-7' });
});

test('after all of it every invariant of the ledger holds', async () => {
  expect((await boon.verify()).violations).toEqual([]);
});
