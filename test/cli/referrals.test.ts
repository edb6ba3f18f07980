import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { boonCommand } from '../support/command-line.ts';

const PROGRAM = 'codex-selective';

let boon: BoonHarness;
const run = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: boon.apiKey });

beforeAll(async () => {
  boon = await startBoon({ accounts: { ada: { cohorts: [PROGRAM] } } });
});
afterAll(() => boon?.stop());

test('a friend is invited; the invitation is shown, listed, mailed again and canceled', async () => {
  const sent = await run(
    'referral',
    'create',
    'grace@example.com',
    '--from',
    'ada',
    '--program',
    PROGRAM,
    '--json',
  );
  expect(sent.code).toBe(0);
  expect(sent.json()).toMatchObject({ status: 'invited', email: 'grace@example.com' });
  const { id } = sent.json();
  const shown = await run('referral', 'show', id);
  expect(shown.out).toMatch(/status +invited\n/);
  expect(shown.out).toMatch(/prompts +0 of 3\n/);
  expect(shown.out).toContain('/invite/');
  const listed = await run('referral', 'list', 'ada', '--program', PROGRAM);
  expect(listed.out.split('\n')).toHaveLength(2);
  expect(listed.out).toMatch(/grace@example\.com +0\/3 /);
  expect((await run('referral', 'list', '--status', 'invited')).out).toContain(id);
  expect((await run('referral', 'list', 'ada', '--status', 'joined')).out).toBe('No invitations.');
  expect((await run('referral', 'resend', id)).code).toBe(0);
  const canceled = await run('referral', 'cancel', id, '--reason', 'asked for on the phone');
  expect(canceled.out).toMatch(/because +canceled_by_operator\n/);
  expect(canceled.out).toContain('asked for on the phone');
  const again = await run('referral', 'claw-back', id, '--reason', 'a robot');
  expect(again.code).toBe(1);
});

test('programs are listed and shown with their terms', async () => {
  expect((await run('program', 'list')).out).toMatch(new RegExp(`^${PROGRAM} +open `, 'm'));
  expect((await run('program', 'show', PROGRAM)).out).toMatch(/^prompts of the friend +3$/m);
});

test('an invitation without an address or a program is used wrongly', async () => {
  expect((await run('referral', 'create', 'grace@example.com', '--from', 'ada')).code).toBe(2);
  expect((await run('referral', 'claw-back', 'ref_1')).code).toBe(2);
});

test('a month’s cap is raised', async () => {
  const raised = await run('referral', 'raise-cap', 'ada', '5', '--program', PROGRAM, '--reason', 'speaker');
  expect(raised.out).toMatch(/cap +5\n/);
  const shown = await run('referral', 'reward-window', 'ada', '--program', PROGRAM);
  expect(shown.out).toBe(raised.out);
});

test('a friend uses the link and prompts: both are reported', async () => {
  const sent = await run(
    'referral',
    'create',
    'fay@example.com',
    '--from',
    'ada',
    '--program',
    PROGRAM,
    '--json',
  );
  const { id, link } = sent.json();
  await run('account', 'put', 'fay', '--plan', 'free', '--email', 'fay@example.com');
  const [, token = ''] = String(link).split('#token=');
  const used = await run('referral', 'link-used', id, '--account', 'fay', '--token', token);
  expect(used.out).toMatch(/status +joined\n/);
  const prompt = await run('activity', 'record', 'fay', 'prompt', '--id', 'msg_1');
  expect(prompt.out).toMatch(/reported +prompt\n/);
  expect((await run('referral', 'show', id)).out).toMatch(/prompts +1 of 3\n/);
});
