import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';

let rig: GiftRig;
let away = false;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: { gifts: { settlement: 'PT2S' } }, worker: false });
  await rig.startWorker({ ledger: sometimesAway(rig.ledger) });
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterAll(() => rig.close());

/** The ledger, whose database does not answer while `away`. */
function sometimesAway(ledger: Ledger): Ledger {
  const reach = () => {
    if (away) throw new BoonError('unavailable', 'The ledger does not answer.');
  };
  return {
    ...ledger,
    advanceGift: async (id, at) => {
      reach();
      return await ledger.advanceGift(id, at);
    },
    actOnGift: async (request) => {
      reach();
      return await ledger.actOnGift(request);
    },
  };
}

async function eventsOf(giftId: string) {
  return (await rig.client.workflow.getHandle(giftWorkflowId(giftId)).fetchHistory()).events ?? [];
}

test('a gift that is due while the database is away waits without holding a task open, and settles when it is back', async () => {
  away = true;
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
  let events = await eventsOf(gift.id);
  for (let tries = 0; !events.some((event) => event.timerStartedEventAttributes) && tries < 300; tries += 1) {
    await rig.sleep(100);
    events = await eventsOf(gift.id);
  }
  // The longer waits are timers of the server.
  expect(events.some((event) => event.timerStartedEventAttributes)).toBe(true);
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  away = false;
  await rig.until(gift, 'settled');
  await rig.untilClosed(gift);
  expect(await rig.available('bob')).toBe('10');
});

test('an action sent while the database is away is done once when it is back', async () => {
  const gift = await rig.give({ from: 'ada', to: { email: 'eve@example.com' }, amount: '10' });
  away = true;
  const canceled = rig.act(gift, 'cancel');
  await rig.sleep(1500);
  away = false;
  expect(await canceled).toMatchObject({ status: 'canceled' });
  expect(await rig.available('ada')).toBe('90');
});

test('a process whose first call of the ledger outlives a task goes on as it began, also where nothing is kept in memory', async () => {
  const forgetful = await giftRig(await devNamespace(), {
    policy: { gifts: { settlement: 'PT1S' } },
    worker: false,
  });
  try {
    let calls = 0;
    let isBack = false;
    await forgetful.startWorker({
      maxCachedWorkflows: 0,
      ledger: {
        ...forgetful.ledger,
        advanceGift: async (id, at) => {
          calls += 1;
          // Longer than the 80 % of a workflow task after which another keeps the call alive.
          if (calls === 1) await forgetful.sleep(9_000);
          if (!isBack) throw new BoonError('unavailable', 'The ledger does not answer.');
          return await forgetful.ledger.advanceGift(id, at);
        },
      },
    });
    await forgetful.seed('ada', '100');
    await forgetful.seed('bob');
    const gift = await forgetful.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
    const waits = async () => {
      const { events } = await forgetful.client.workflow.getHandle(giftWorkflowId(gift.id)).fetchHistory();
      return (events ?? []).some((event) => event.timerStartedEventAttributes);
    };
    await expect.poll(waits, { timeout: 120_000, interval: 500 }).toBe(true);
    isBack = true;
    await forgetful.until(gift, 'settled');
    await forgetful.untilClosed(gift);
    const history = await forgetful.client.workflow.getHandle(giftWorkflowId(gift.id)).fetchHistory();
    const failed = (history.events ?? []).filter((event) => event.workflowTaskFailedEventAttributes);
    expect(failed).toEqual([]);
  } finally {
    await forgetful.close();
  }
});
