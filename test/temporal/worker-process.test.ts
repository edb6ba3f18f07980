import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { SCHEDULES } from '../../src/contracts/temporal.ts';
import { freePort } from '../../src/local/ports.ts';
import { makeCurrent } from '../../src/temporal/versioning.ts';
import { boonCommand } from '../support/command-line.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { runWorker, startWorkerProcess } from '../support/worker-process.ts';

const POLICY = { gifts: { settlement: 'PT1S' } };

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: POLICY, worker: false });
  await rig.seed('ada', '100');
  await rig.seed('bob');
});
afterAll(() => rig.close());

test('a worker process settles gifts, mails claim links, keeps the schedules, shows its state and drains on SIGTERM', async () => {
  const worker = await startWorkerProcess(rig, POLICY, {
    BOON_SMTP_URL: rig.mail.url,
    BOON_PUBLIC_URL: 'https://gifts.example',
    // As in production, workflows have a thread of their own.
    TEMPORAL_DEBUG: '0',
  });
  try {
    const gift = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '10' });
    const mailed = await rig.give({ from: 'ada', to: { email: 'eve@example.com' }, amount: '10' });
    await rig.until(gift, 'settled');
    for (let tries = 0; rig.mail.mails.length === 0 && tries < 1200; tries += 1) await rig.sleep(50);
    expect(rig.mail.mails).toMatchObject([{ to: ['eve@example.com'] }]);
    expect(rig.mail.mails[0]?.body).toContain(`https://gifts.example/claim/${mailed.id}#token=`);
    for (const id of Object.values(SCHEDULES)) await rig.client.schedule.getHandle(id).describe();

    expect(await (await fetch(`${worker.url}/readyz`)).json()).toEqual({
      ready: true,
      degraded: false,
      stuck_items: 0,
      state: 'RUNNING',
      checks: { database: 'ok', temporal: 'ok', workers: 'ok' },
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toContain('process_resident_memory_bytes');
    expect(metrics).toContain('temporal_workflow_completed');
    expect((await fetch(`${worker.url}/other`)).status).toBe(404);
    await rig.act(mailed, 'cancel');
    expect(worker.output()).not.toContain('eve@example.com');
  } finally {
    expect(await worker.end('SIGTERM')).toBe(0);
  }
  expect(worker.output()).toContain('"msg":"stopped"');
});

test.each([
  ['no database', {}, 'DATABASE_URL and BOON_ENCRYPTION_KEY must be set to run a service by itself'],
  ['a setting that cannot be', { BOON_METRICS_PORT: 'many' }, 'BOON_METRICS_PORT must be a whole number'],
])('with %s it ends with one clear sentence', async (_, env, says) => {
  const { child, output } = runWorker(env);
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(output()).toContain(says);
  expect(output()).not.toContain('    at ');
});

test('with nobody at the address of Temporal it says so, tries again, and works once somebody is', async () => {
  const port = await freePort();
  const { child, output } = runWorker({
    DATABASE_URL: rig.own.url,
    BOON_ENCRYPTION_KEY: rig.own.encryptionKey.toString('base64'),
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    TEMPORAL_NAMESPACE: rig.client.options.namespace,
  });
  const lines = () =>
    output().match(/Temporal does not answer at 127\.0\.0\.1:\d+ .*check TEMPORAL_ADDRESS/g) ?? [];
  await expect.poll(() => lines().length, { timeout: 30_000 }).toBeGreaterThan(1);
  expect(output()).not.toContain('    at ');
  const [host = '', temporal] = rig.temporal.address.split(':');
  const proxy = await tcpProxy(host, Number(temporal), port);
  try {
    await expect.poll(output, { timeout: 60_000 }).toContain('worker runs');
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await proxy.close();
  }
});

test('with no connection left at PostgreSQL it ends with one clear sentence', async () => {
  await rig.own.sql('DROP ROLE IF EXISTS crowded');
  await rig.own.sql("CREATE ROLE crowded LOGIN PASSWORD 'crowded' CONNECTION LIMIT 0");
  try {
    const url = new URL(rig.own.url);
    url.username = 'crowded';
    url.password = 'crowded';
    const { child, output } = runWorker({
      DATABASE_URL: url.href,
      BOON_ENCRYPTION_KEY: rig.own.encryptionKey.toString('base64'),
      TEMPORAL_ADDRESS: rig.temporal.address,
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(output().trim().split('\n')).toEqual([
      expect.stringMatching(/^PostgreSQL has no connection left \(.*\): raise its max_connections, or lower/),
    ]);
  } finally {
    await rig.own.sql('DROP ROLE crowded');
  }
});

test('while no version is current, readiness, doctor and the log of a versioned worker say the command that helps', async () => {
  // Unversioned workers of the tests before are remembered for a while, on their own queue.
  const queue = { BOON_TASK_QUEUE: 'versioned' };
  const deployment = { ...queue, BOON_WORKER_DEPLOYMENT: 'boon', BOON_BUILD_ID: 'build-7' };
  const command =
    'temporal worker deployment set-current-version --deployment-name boon --build-id build-7 --yes';
  const worker = await startWorkerProcess(rig, POLICY, deployment);
  const readiness = async () => (await (await fetch(`${worker.url}/readyz`)).json()) as object;
  const patient = { timeout: 100_000 };
  const doctor = async () => {
    const { json } = await boonCommand(['doctor', '--json'], {
      ...queue,
      DATABASE_URL: rig.own.url,
      BOON_ENCRYPTION_KEY: rig.own.encryptionKey.toString('base64'),
      TEMPORAL_ADDRESS: rig.temporal.address,
      TEMPORAL_NAMESPACE: rig.client.options.namespace,
    });
    return (json().findings as Finding[]).find(({ part }) => part === 'workers');
  };
  try {
    await expect.poll(readiness, patient).toMatchObject({
      degraded: true,
      checks: { workers: 'not_current' },
      fix: `Run: ${command}`,
    });
    const at = `--address ${rig.temporal.address} --namespace ${rig.client.options.namespace}`;
    expect(await doctor()).toMatchObject({ state: 'fault', fix: `Run \`${command} ${at}\`.` });
    await expect.poll(worker.output, patient).toContain(command);
    await makeCurrent(rig.client, { name: 'boon', buildId: 'build-7' });
    await expect.poll(readiness, patient).toMatchObject({ checks: { workers: 'ok' } });
    expect(await readiness()).not.toHaveProperty('fix');
    expect(await doctor()).toMatchObject({ state: 'ok' });
  } finally {
    await worker.end('SIGTERM');
  }
});
