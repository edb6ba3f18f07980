import { afterAll, beforeAll, expect, test } from 'vitest';
import { boonCommand } from '../support/command-line.ts';
import { invite, join, newFriend } from '../support/referrals.ts';
import { START, seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
const run = (...args: string[]) =>
  boonCommand(args, { BOON_URL: server.baseUrl, BOON_API_KEY: server.apiKey });

beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'ann', { put: { cohorts: ['codex-selective'] } });
  await newFriend(server.ledger, 'fay', START);
  await join(server.ledger, await invite(server.ledger, 'ann'), 'fay', START);
  await join(server.ledger, await invite(server.ledger, 'ann'), 'ann', START);
});
afterAll(() => server.close());

test('a report shows the totals, why friends were refused, and the days on which something happened', async () => {
  const { code, out } = await run(
    'program',
    'report',
    'codex-selective',
    '--from',
    '2026-03-01',
    '--to',
    '2026-03-31',
  );
  expect(code).toBe(0);
  expect(out).toMatch(/^sent +2 by 1 people$/m);
  expect(out).toMatch(/^refused +1: self_referral 1$/m);
  expect(out).toMatch(/^K-factor +1$/m);
  expect(out.split('\n').at(-1)).toMatch(/^2026-03-10 +2 +2 +1 +0 +0 +1$/);
});

test('a report comes as JSON, and as CSV with a line for each day', async () => {
  const days = ['--from', '2026-03-09', '--to', '2026-03-10'];
  expect((await run('program', 'report', 'codex-selective', ...days, '--json')).json()).toMatchObject({
    totals: { sent: 2 },
  });
  const { out } = await run('program', 'report', 'codex-selective', ...days, '--csv');
  expect(out.split('\r\n').map((line) => line.slice(0, 18))).toEqual([
    'day,sent,opened,jo',
    '2026-03-09,0,0,0,0',
    '2026-03-10,2,2,1,0',
  ]);
});

test('an account’s eligibility says what it may do, or why not and what would change it', async () => {
  const may = await run('account', 'eligibility', 'ann', '--program', 'codex-selective');
  expect(may.out).toMatch(/may invite +yes\n/);
  expect(may.out).toMatch(/invitations left +9\n/);
  const not = await run('account', 'eligibility', 'fay', '--program', 'codex-selective');
  expect(not.out).toContain(
    'not_in_cohort: The program is open to chosen accounts only. An operator can add',
  );
});
