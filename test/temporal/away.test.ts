import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { freePort } from '../../src/local/ports.ts';
import { STICKY_TIMEOUT } from '../../src/temporal/boon-worker.ts';
import { temporalClient, temporalTarget } from '../../src/temporal/connection.ts';
import { ACT_PATIENCE, createGiftProcess } from '../../src/temporal/gifts/gift-process.ts';
import { RESEND_PATIENCE } from '../../src/temporal/referrals/referral-process.ts';
import { CLAIM_PATIENCE } from '../../src/temporal/referrals/reward-window-process.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { connectWorker } from '../../src/temporal/worker-connection.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newGiftId, newKey } from '../support/test-ledger.ts';

let rig: GiftRig;
let nobody: Client;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { worker: false });
  nobody = temporalClient(temporalTarget({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` }));
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterAll(async () => {
  await nobody.connection.close();
  await rig.close();
});

async function accepted() {
  const { value } = await rig.ledger.acceptGift({
    key: newKey('accept'),
    id: newGiftId(),
    at: new Date().toISOString(),
    from: 'ada',
    to: { account_id: 'bob' },
    amount: '1',
    funding: 'transfer',
    message: null,
  });
  return { ...value, deadline: value.deadline ?? '' };
}

test('a task waits for a worker that was killed for less than half as long as any caller waits', () => {
  for (const patience of [ACT_PATIENCE, RESEND_PATIENCE, CLAIM_PATIENCE]) {
    expect(STICKY_TIMEOUT).toBeLessThan(patience / 2);
  }
});

describe('without Temporal', () => {
  const process = () =>
    createGiftProcess({ client: nobody, ledger: rig.ledger, taskQueue: TASK_QUEUE, clock: () => new Date() });

  test('a start, an action and a ping say "unavailable" within seconds', async () => {
    const gift = await accepted();
    const begun = performance.now();
    await expect(process().start(gift)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(performance.now() - begun).toBeLessThan(15_000);
    await expect(process().ping()).rejects.toMatchObject({ code: 'unavailable' });
    const hold = {
      key: newKey(),
      gift_id: gift.id,
      action: 'hold' as const,
      at: gift.created_at,
      reason: 'x',
    };
    await expect(process().act(hold)).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - begun).toBeLessThan(40_000);
    expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  });

  test('a worker says where it looked', async () => {
    const target = temporalTarget({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
    await expect(connectWorker(target)).rejects.toThrow(
      /^Temporal does not answer at 127\.0\.0\.1:\d+ .*check TEMPORAL_ADDRESS/,
    );
  });
});

describe('without a worker', () => {
  test('an action says "unavailable", and is done once when a worker comes back and it is sent again', async () => {
    const gift = await accepted();
    await rig.process.start(gift);
    const { client, ledger } = rig;
    const hasty = createGiftProcess({
      client,
      ledger,
      taskQueue: TASK_QUEUE,
      clock: () => new Date(),
      actPatience: 1000,
    });
    const request = {
      key: newKey(),
      gift_id: gift.id,
      action: 'cancel' as const,
      at: gift.created_at,
      by: 'test',
    };
    await expect(hasty.act(request)).rejects.toMatchObject({ code: 'unavailable' });
    const worker = await rig.startWorker();
    const { value } = await rig.process.act(request);
    expect(value.status).toBe('canceled');
    await rig.untilClosed(gift);
    await worker.stop();
  });

  test('an action on a gift whose process never started starts it first', async () => {
    const gift = await accepted();
    const worker = await rig.startWorker();
    const request = {
      key: newKey(),
      gift_id: gift.id,
      action: 'hold' as const,
      at: gift.created_at,
      reason: 'x',
    };
    expect((await rig.process.act(request)).value.status).toBe('held');
    rig.replayLater(`gift/${gift.id}`);
    await worker.stop();
  });
});

describe('settings of the connection', () => {
  test('come from Temporal’s own variables, for any cluster', () => {
    const target = temporalTarget({
      TEMPORAL_ADDRESS: 'ns.acct.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'ns.acct',
      TEMPORAL_API_KEY: 'secret',
    });
    expect(target).toMatchObject({
      namespace: 'ns.acct',
      connectionOptions: { address: 'ns.acct.tmprl.cloud:7233', apiKey: 'secret', tls: true },
    });
    expect(temporalTarget({})).toMatchObject({
      namespace: 'default',
      connectionOptions: { address: 'localhost:7233' },
    });
    expect(temporalTarget({ TEMPORAL_ADDRESS: 'a:1' }, 'b:2').connectionOptions.address).toBe('b:2');
  });
});

describe('search attributes', () => {
  test('may be registered by several workers at once, and again', async () => {
    await Promise.all([registerSearchAttributes(rig.client), registerSearchAttributes(rig.client)]);
  });

  test('that a cluster does not let a worker add are reported with the commands that add them', async () => {
    const { connection } = rig.client;
    if (!(connection instanceof Connection)) throw new Error('not a plain connection');
    const refuse = Object.assign(new Error('denied'), { code: 7, details: 'denied', metadata: {} });
    const guarded = Object.create(connection, {
      operatorService: {
        value: {
          listSearchAttributes: async () => ({ customAttributes: { BoonAccount: 7, BoonProgram: 2 } }),
          addSearchAttributes: async () => Promise.reject(refuse),
        },
      },
    });
    const client = new Client({ connection: guarded, namespace: 'ns.acct' });
    await expect(registerSearchAttributes(client)).rejects.toThrow(
      'The namespace "ns.acct" lacks search attributes and this worker may not add them: run ' +
        '`temporal operator search-attribute create --namespace ns.acct --name BoonStatus --type Keyword --name BoonCredits --type Double`, ' +
        'or on Temporal Cloud `tcld namespace search-attributes add --namespace ns.acct ' +
        '--search-attribute "BoonStatus=Keyword" --search-attribute "BoonCredits=Double"`, then start again.',
    );
  });
});
