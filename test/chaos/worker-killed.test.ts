import { afterAll, beforeAll, expect, test } from 'vitest';
import { giftWorkflowId } from '../../src/contracts/gift.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified } from '../support/test-ledger.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const POLICY = { gifts: { settlement: 'PT4S' } };

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: POLICY, worker: false });
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterAll(() => rig.close());

test('a worker killed between the posting and the completion: the next one completes, and the credits moved once', async () => {
  const url = new URL(rig.own.url);
  const proxy = await tcpProxy(url.hostname, Number(url.port));
  const direct = url.href;
  url.host = `127.0.0.1:${proxy.port}`;
  const worker = await startWorkerProcess(rig, POLICY, { DATABASE_URL: url.href });
  const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '40' });
  // What the database answers to the posting, and after it, the worker never learns.
  proxy.swallowAnswers('advance_gifts');
  await rig.until(gift, 'settled');
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(await worker.end('SIGKILL')).toBe(null);
  await proxy.close();
  expect((await handle.describe()).status.name).toBe('RUNNING');

  const next = await startWorkerProcess(rig, POLICY, { DATABASE_URL: direct });
  await rig.untilClosed(gift);
  expect(await handle.result()).toMatchObject({ status: 'settled' });
  expect(await rig.available('ada')).toBe('60');
  expect(await rig.available('bob')).toBe('40');
  const told = await rig.own.sql(
    `SELECT count(*)::int FROM boon.events WHERE subject = $1 AND type = 'gift.settled'`,
    [gift.id],
  );
  expect(told).toEqual([{ count: 1 }]);
  await expectVerified(rig.ledger);
  expect(await next.end('SIGTERM')).toBe(0);
});

test('workers killed again and again in the middle of many settlements: every gift ends once', async () => {
  await rig.seed('carl', '100');
  const gifts = [];
  for (let count = 0; count < 5; count += 1) {
    await rig.seed(`friend-${count}`);
    gifts.push(await rig.give({ from: 'carl', to: { account_id: `friend-${count}` }, amount: '10' }));
  }
  for (let kills = 0; kills < 3; kills += 1) {
    const worker = await startWorkerProcess(rig, POLICY);
    await rig.sleep(kills * 150);
    await worker.end('SIGKILL');
  }
  const worker = await startWorkerProcess(rig, POLICY);
  for (const gift of gifts) {
    await rig.until(gift, 'settled');
    await rig.untilClosed(gift);
  }
  expect(await rig.available('carl')).toBe('50');
  await expectVerified(rig.ledger);
  expect(await worker.end('SIGTERM')).toBe(0);
});
