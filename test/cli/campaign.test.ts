import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { boonCommand } from '../support/command-line.ts';

let boon: BoonHarness;
const run = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: boon.apiKey });

beforeAll(async () => {
  boon = await startBoon({ accounts: { ada: {}, bob: {}, eve: { plan: 'free' } } });
});
afterAll(() => boon?.stop());

test('a campaign is run to its end, with its progress beside the answer', async () => {
  const ran = await run(
    'campaign',
    'run',
    'grant_reset',
    '--plan',
    'plus',
    '--plan',
    'pro',
    '--reason',
    'outage',
  );
  expect(ran.code).toBe(0);
  expect(ran.err).toMatch(/^1 reset each for plus, pro: outage \(cmp_/);
  expect(ran.err).toMatch(/█{20} 100 % 3 of 3 accounts$/);
  expect(ran.out).toMatch(/status +completed\n/);
  expect(ran.out).toMatch(/granted +2\n/);
  expect(ran.out).toMatch(/ 1 plan: The campaign is for other plans\.$/);
});

test('as JSON, and without waiting', async () => {
  // Later than the campaign that Boon itself began with, so that the list has it first.
  await boon.advance('1 second');
  const detached = await run(
    'campaign',
    'run',
    'grant_credits',
    '--amount',
    '5',
    '--valid-for',
    'P30D',
    '--reason',
    'thanks',
    '--detach',
    '--json',
  );
  const { id } = detached.json();
  expect(detached.json()).toMatchObject({ kind: 'grant_credits', amount: '5', valid_for: 'P30D' });
  expect(detached.err).toBe('');
  await boon.advance('1 second');
  expect((await run('campaign', 'show', id, '--json')).json()).toMatchObject({
    status: 'completed',
    granted: 3,
  });
  expect((await run('campaign', 'show', id, '--account', 'eve')).out).toMatch(/outcome +granted\n/);
  const listed = await run('campaign', 'list', '--limit', '1');
  expect(listed.out.split('\n')[1]).toContain(`${id}  completed  3`);
});

test('one that goes on is paused, resumed and canceled', async () => {
  const ongoing = await run('campaign', 'run', 'grant_reset', '--ongoing', '--reason', 'welcome', '--json');
  const { id, status } = ongoing.json();
  expect(status).toBe('ongoing');
  expect((await run('campaign', 'pause', id, '--reason', 'wait')).out).toMatch(/status +paused\n/);
  await boon.seedAccount('late');
  const late = await run('campaign', 'show', id, '--account', 'late');
  expect(late.out).toContain('The campaign has not come to this account yet; it is paused.');
  expect((await run('campaign', 'resume', id)).code).toBe(0);
  await boon.advance('1 second');
  expect((await run('campaign', 'show', id, '--account', 'late')).out).toMatch(/outcome +granted\n/);
  expect((await run('campaign', 'cancel', id)).out).toMatch(/status +canceled\n/);
  const refused = await run('campaign', 'pause', id);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/cannot be changed by pause/);
});

test('what does not fit is reported before anything happens', async () => {
  expect((await run('campaign', 'run', 'everything', '--reason', 'x')).code).toBe(2);
  expect((await run('campaign', 'run', 'grant_reset')).code).toBe(2);
  const refused = await run('campaign', 'run', 'grant_reset', '--amount', '5', '--reason', 'x');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('amount');
});
