import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import { giftWorkflowId } from '../../src/contracts/gifts/gift.ts';
import type { GiftProcess } from '../../src/contracts/gifts/gift-process.ts';
import { GIFT_PROCESSES, type GiftProcesses } from '../../src/domain/gift-processes.ts';
import { inMode } from '../support/gift-modes.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const TRANSFERS = '/v1/transfers';

/** The API on a real Temporal server with a real worker; gifts settle after a second of real time. */
let whole: GiftRig;
let rig: GiftRig;
let server: TestServer;
let people: { from: string; to: string };
/** How the server starts processes; a test has it fail. */
let starts: GiftProcess['start'];
const policy = { gifts: { settlement: 'PT4S', screening: { velocity: { verdict: 'allow' as const } } } };
beforeAll(async () => {
  whole = await giftRig(await devNamespace(), { policy });
  starts = whole.process.start;
  for (const id of ['ada', 'eve']) await whole.seed(id, '100');
  for (const id of ['ben', 'fay']) await whole.seed(id);
  await serve('each');
});
afterAll(async () => {
  await server.close();
  await whole.close();
});

/** A server of this mode, with people of its own. */
async function serve(giftProcesses: GiftProcesses): Promise<void> {
  rig = inMode(whole, giftProcesses);
  people = giftProcesses === 'each' ? { from: 'ada', to: 'ben' } : { from: 'eve', to: 'fay' };
  server = await openTestServer({
    ledger: whole.own,
    policy,
    // As it is run: nobody's answer waits for a process.
    parts: {
      giftProcesses,
      answersWaitForStarts: false,
      giftProcess: {
        ...whole.process,
        async start(gift) {
          // The delay is reckoned from the rig's own moment.
          await whole.now();
          await starts(gift);
        },
      },
      clock: () => new Date(),
    },
  });
}

async function begin(giftProcesses: GiftProcesses): Promise<void> {
  await server.close();
  await serve(giftProcesses);
}

async function give(
  amount: string,
  to: object = { account_id: people.to },
): Promise<{ id: string; claim_url: string }> {
  const answer = await server.send('POST', TRANSFER, { body: { from: people.from, to, amount } });
  expect(answer.status, answer.text).toBe(202);
  if (rig === whole) rig.replayLater(giftWorkflowId(String(answer.json.id)));
  return { id: String(answer.json.id), claim_url: String(answer.json.claim_url) };
}

const act = (id: string, action: string, body: object, key?: string) =>
  server.send('POST', `${TRANSFERS}/${id}/${action}`, { body, ...(key === undefined ? {} : { key }) });

describe.each(GIFT_PROCESSES)('with `%s`', (processes) => {
  beforeAll(() => begin(processes));
  afterAll(() => begin('each'));

  test('a gift over HTTP settles by itself', async () => {
    const gift = await give('10');
    await rig.until(gift, 'settled');
    const shown = await server.send('GET', `${TRANSFERS}/${gift.id}`);
    expect(shown.json).toMatchObject({ status: 'settled', settled_at: expect.any(String) });
    expect((await server.send('GET', `/v1/accounts/${people.to}/balance`)).json).toMatchObject({
      available: '10',
      pending_in: '0',
    });
  });

  test('a hold stops the clock, a release lets it go on, and it settles', async () => {
    const gift = await give('2');
    const held = await act(gift.id, 'hold', { reason: 'looks odd' });
    expect(held.json, held.text).toMatchObject({ status: 'held', reason: 'looks odd' });
    await rig.sleep(4500);
    expect((await server.send('GET', `${TRANSFERS}/${gift.id}`)).json.status).toBe('held');
    expect((await act(gift.id, 'release', {})).json.status).toBe('pending');
    await rig.until(gift, 'settled');
    const reversed = await act(gift.id, 'reverse', { reason: 'wrong person' });
    expect(reversed.json, reversed.text).toMatchObject({
      status: 'reversed',
      reversal: { recovered: '2', unrecovered: '0' },
    });
  });

  test('the same cancellation sent twenty times at once is one, and all answers are equal', async () => {
    const gift = await give('3');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => act(gift.id, 'cancel', { reason: 'oops' }, `cancel-20-${processes}`)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers[0]?.json).toMatchObject({ status: 'canceled' });
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
    const refused = await act(gift.id, 'cancel', {});
    expect([refused.status, refused.json.code]).toEqual([409, 'already_resolved']);
  });

  test('a refused action is refused again as the recorded answer', async () => {
    const gift = await give('3');
    const first = await act(gift.id, 'release', {}, `too-early-${processes}`);
    expect([first.status, first.json.code]).toEqual([409, 'not_held']);
    const second = await act(gift.id, 'release', {}, `too-early-${processes}`);
    expect([second.text, second.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    const other = await act(gift.id, 'release', { reason: 'another body' }, `too-early-${processes}`);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch']);
  });
});

test('a gift by e-mail is claimed with the link of its mail', async () => {
  const gift = await give('4', { email: 'grace@example.com' });
  await expect
    .poll(() => rig.mail.mails.map(({ to }) => to), { timeout: 20_000 })
    .toEqual([['grace@example.com']]);
  expect(rig.mail.mails[0]?.body).toContain(gift.claim_url);
  const token = gift.claim_url.split('#token=')[1] ?? '';
  const forged = await act(gift.id, 'claim', { token: 'A'.repeat(token.length), account_id: 'ben' });
  expect(forged.json.code).toBe('claim_invalid');
  const claimed = await act(gift.id, 'claim', { token, account_id: 'ben' });
  expect(claimed.json, claimed.text).toMatchObject({ to: { account_id: 'ben' } });
  await rig.until(gift, 'settled');
});

test('a gift whose start Temporal did not take is started as soon as it does', async () => {
  starts = () => Promise.reject(new BoonError('unavailable', 'Temporal did not answer.'));
  const gift = await give('1');
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  await expect(handle.describe()).rejects.toThrow(WorkflowNotFoundError);
  starts = rig.process.start;
  await rig.until(gift, 'settled');
});

describe('who acts at once, before the process was started', () => {
  let arrive: () => void;
  beforeEach(() => {
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    starts = async (gift) => {
      await arrived;
      await rig.process.start(gift);
    };
  });
  afterEach(async () => {
    arrive();
    await server.starts.idle();
    starts = rig.process.start;
  });

  const run = async (id: string) => {
    const { runId, status } = await rig.client.workflow.getHandle(giftWorkflowId(id)).describe();
    return { runId, status: status.name };
  };

  test('has the gift held by its process, which the start that comes late leaves as it is', async () => {
    const gift = await give('2');
    const held = await act(gift.id, 'hold', { reason: 'looks odd' });
    expect(held.json, held.text).toMatchObject({ status: 'held', reason: 'looks odd' });
    const before = await run(gift.id);
    expect(before.status).toBe('RUNNING');
    arrive();
    await server.starts.idle();
    expect(await run(gift.id)).toEqual(before);
    expect((await act(gift.id, 'release', {})).json.status).toBe('pending');
    await rig.until(gift, 'settled');
    expect((await run(gift.id)).runId).toBe(before.runId);
  });

  test('has it canceled, once, and the start that comes late begins nothing', async () => {
    const gift = await give('2');
    const answers = await Promise.all([
      act(gift.id, 'cancel', { reason: 'oops' }, 'at-once'),
      act(gift.id, 'cancel', { reason: 'oops' }, 'at-once'),
    ]);
    expect(answers.map(({ json }) => json.status)).toEqual(['canceled', 'canceled']);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    const before = await run(gift.id);
    arrive();
    await server.starts.idle();
    await rig.untilClosed(gift);
    expect(await run(gift.id)).toEqual({ ...before, status: 'COMPLETED' });
  });

  test('has it claimed', async () => {
    const gift = await give('4', { email: 'hedy@example.com' });
    const token = gift.claim_url.split('#token=')[1] ?? '';
    const claimed = await act(gift.id, 'claim', { token, account_id: 'ben' });
    expect(claimed.json, claimed.text).toMatchObject({ to: { account_id: 'ben' } });
    arrive();
    await rig.until(gift, 'settled');
  });

  test('is refused as by a process that runs', async () => {
    const gift = await give('2');
    const refused = await act(gift.id, 'release', {}, 'too-early-by-far');
    expect([refused.status, refused.json.code]).toEqual([409, 'not_held']);
    const again = await act(gift.id, 'release', {}, 'too-early-by-far');
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([refused.text, 'true']);
    arrive();
    await rig.until(gift, 'settled');
  });
});
