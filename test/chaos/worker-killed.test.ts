import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gift, giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified, newGiftId, newKey } from '../support/test-ledger.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const MANY = { count: 10_000, amount: '1000000' };
const POLICY = {
  gifts: {
    settlement: 'PT4S',
    limits: { per_day: MANY, per_month: MANY },
    screening: { velocity: { verdict: 'allow' as const } },
  },
};

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: POLICY, worker: false });
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterAll(() => rig.close());

test('workers killed again and again in the middle of many settlements, the first between a posting and its completion: the next one completes, every gift ends once', async () => {
  await rig.seed('carl', '100');
  for (let count = 0; count < 5; count += 1) await rig.seed(`friend-${count}`);
  const url = new URL(rig.own.url);
  const proxy = await tcpProxy(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  const first = await startWorkerProcess(rig, POLICY, { DATABASE_URL: url.href });
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '40' });
  // What the database answers to the posting, and after it, the worker never learns.
  proxy.swallowAnswers('advance_gifts');
  await rig.until(gift, 'settled');
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  expect((await handle.describe()).status.name).toBe('RUNNING');
  const gifts: Gift[] = [];
  for (let count = 0; count < 5; count += 1)
    gifts.push(await rig.give({ from: 'carl', to: { account_id: `friend-${count}` }, amount: '10' }));
  expect(await first.end('SIGKILL')).toBe(null);
  await proxy.close();
  expect((await handle.describe()).status.name).toBe('RUNNING');

  for (let kills = 0; kills < 2; kills += 1) {
    const worker = await startWorkerProcess(rig, POLICY);
    await rig.sleep(kills * 150);
    await worker.end('SIGKILL');
  }
  const worker = await startWorkerProcess(rig, POLICY);
  await rig.untilClosed(gift);
  expect(await handle.result()).toMatchObject({ status: 'settled' });
  expect(await rig.available('ada')).toBe('60');
  expect(await rig.available('bob')).toBe('40');
  const told = await rig.own.sql(
    `SELECT count(*)::int FROM boon.events WHERE subject = $1 AND type = 'gift.settled'`,
    [gift.id],
  );
  expect(told).toEqual([{ count: 1 }]);
  for (const one of gifts) {
    await rig.until(one, 'settled');
    await rig.untilClosed(one);
  }
  expect(await rig.available('carl')).toBe('50');
  await expectVerified(rig.ledger);
  expect(await worker.end('SIGTERM')).toBe(0);
});

test('a worker killed in the middle of gifts that are settled together: the next one settles the rest, each once', async () => {
  const count = 300;
  await rig.seed('dana', `${count}`);
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const gifts = await Promise.all(
    Array.from({ length: count }, () =>
      rig.ledger.acceptGift({
        key: newKey('accept'),
        id: newGiftId(),
        at,
        from: 'dana',
        to: { account_id: 'bob' },
        amount: '1',
        funding: 'transfer',
        message: null,
      }),
    ),
  );
  const settled = async () => {
    const text = `SELECT count(*)::int FROM boon.gifts WHERE sender_id = 'dana' AND status = 'settled'`;
    return Number((await rig.own.sql(text))[0]?.count);
  };
  const url = new URL(rig.own.url);
  const proxy = await tcpProxy(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  const env = { BOON_GIFT_PROCESSES: 'batched' };
  const worker = await startWorkerProcess(rig, POLICY, { ...env, DATABASE_URL: url.href });
  // The first batches are settled, and the worker never learns of it.
  proxy.swallowAnswers('advance_gift_page');
  await expect.poll(settled, { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await worker.end('SIGKILL')).toBe(null);
  await proxy.close();
  expect(await settled()).toBeLessThan(count);

  const next = await startWorkerProcess(rig, POLICY, env);
  await expect.poll(settled, { timeout: 120_000 }).toBe(count);
  const told = await rig.own.sql(
    `SELECT count(*)::int FROM boon.events WHERE subject = ANY ($1) AND type = 'gift.settled'`,
    [gifts.map(({ value }) => value.id)],
  );
  expect(told).toEqual([{ count }]);
  expect(await rig.available('dana')).toBe('0');
  await expectVerified(rig.ledger);
  expect(await next.end('SIGTERM')).toBe(0);
});
