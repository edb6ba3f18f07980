import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { boonCommand } from '../support/command-line.ts';

let boon: BoonHarness;
const run = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: boon.apiKey });

beforeAll(async () => {
  boon = await startBoon({
    accounts: { ada: { credits: '100' }, acme: { kind: 'organisation', credits: '10' } },
  });
});
afterAll(() => boon?.stop());

test('a use is charged, listed, and refused where credits must be asked for', async () => {
  const charged = await run('usage', 'record', 'ada', 'codex', '27', '--id', 'one');
  expect(charged.out).toMatch(/paid by the plan +25\n/);
  expect(charged.out).toMatch(/paid by credits +2\n/);
  expect((await run('usage', 'list', 'ada')).out).toMatch(/one +codex +27 +25 +2 +\S+ +2 of ada’s lot_\d+/);
  const put = await run(
    'account',
    'put',
    'ada',
    '--plan',
    'plus',
    '--use-credits',
    'ask',
    '--spending-limit',
    '5',
  );
  expect(put.out).toMatch(/credits pay after the plan +ask\n/);
  const refused = await run('usage', 'record', 'ada', 'codex', '1');
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('use_credits')]);
  expect((await run('usage', 'record', 'ada', 'codex', '3', '--use-credits', '--json')).json()).toMatchObject(
    {
      charged: { plan: '0', credits: '3' },
    },
  );
});

test('a pool shows who took what', async () => {
  await run('account', 'put', 'ben', '--plan', 'business', '--org', 'acme', '--pool-limit', '4');
  await run('usage', 'record', 'ben', 'codex', '28');
  expect((await run('usage', 'pool', 'acme')).out).toMatch(/ben +3 +0 +4/);
});
