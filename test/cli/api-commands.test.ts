import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { boonCommand } from '../support/command-line.ts';

let boon: BoonHarness;
const run = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: boon.apiKey });

beforeAll(async () => {
  boon = await startBoon({ accounts: { ada: { credits: '100' }, grace: {} } });
});
afterAll(() => boon?.stop());

test('a gift is sent, shown, listed and canceled', async () => {
  const sent = await run(
    'gift',
    'send',
    '12.5',
    '--from',
    'ada',
    '--to',
    'grace',
    '--message',
    'Well done!',
    '--json',
  );
  expect(sent.code).toBe(0);
  expect(sent.json()).toMatchObject({ status: 'pending', amount: '12.5', message: 'Well done!' });
  const { id } = sent.json();

  const shown = await run('gift', 'show', id);
  expect(shown.out).toMatch(/status +pending\n/);
  expect(shown.out).toMatch(/to +grace\n/);
  const listed = await run('gift', 'list', 'grace', '--direction', 'received', '--status', 'pending');
  expect(listed.out.split('\n')).toHaveLength(2);
  expect(listed.out).toContain(id);

  const canceled = await run('gift', 'cancel', id, '--reason', 'changed my mind');
  expect(canceled.out).toMatch(/status +canceled/);
  expect((await run('gift', 'list', 'grace', '--status', 'pending')).out).toBe('No gifts.');
});

test('a gift by e-mail shows its claim link', async () => {
  const sent = await run('gift', 'send', '1', '--from', 'ada', '--email', 'hedy@example.com');
  expect(sent.out).toMatch(/status +awaiting_claim/);
  expect(sent.out).toMatch(/claim link +http:\/\/boon\.test\/claim\//);
  const [, id = ''] = /gift +(\S+)/.exec(sent.out) ?? [];
  const [, token = ''] = /#token=(\S+)/.exec(sent.out) ?? [];
  const claimed = await run('gift', 'claim', id, '--account', 'grace', '--token', token);
  expect(claimed.out).toMatch(/status +pending\n/);
  expect(claimed.out).toMatch(/to +grace\n/);
});

test('an operator holds, releases, rejects and reverses', async () => {
  const send = async () =>
    (await run('gift', 'send', '2', '--from', 'ada', '--to', 'grace', '--json')).json().id;
  const held = await send();
  expect((await run('gift', 'hold', held, '--reason', 'looks odd')).out).toMatch(/status +held/);
  expect((await run('gift', 'release', held)).out).toMatch(/status +pending/);
  const rejected = await send();
  expect((await run('gift', 'reject', rejected, '--reason', 'fraud')).out).toMatch(/status +rejected/);
  await boon.advance('24 hours');
  const reversed = await run('gift', 'reverse', held, '--reason', 'chargeback');
  expect(reversed.out).toMatch(/status +reversed/);
  expect(reversed.out).toMatch(/reversed +2 back, 0 already spent/);
});

test('the same idempotency key gives once', async () => {
  const give = () =>
    run('gift', 'send', '3', '--from', 'ada', '--to', 'grace', '--idempotency-key', 'once', '--json');
  const [first, second] = [await give(), await give()];
  expect(second.json().id).toBe(first.json().id);
});

test('the policy in use is shown with what it changes of the shipped one', async () => {
  const { out, json } = await run('policy', 'show', '--json');
  expect(json()).toEqual(await boon.client.policy.get());
  expect(out).toContain('"rate_card"');
  expect((await run('policy', 'show')).out).toMatch(/^version +p_[0-9a-f]{16}\n\n/);
});

test('an account is changed, frozen and made active again without its plan', async () => {
  await run('account', 'put', 'noor', '--plan', 'plus');
  expect((await run('account', 'freeze', 'noor')).out).toMatch(/plan +plus\nstatus +frozen/);
  expect((await run('account', 'change', 'noor', '--plan', 'pro')).out).toMatch(/plan +pro\nstatus +frozen/);
  expect((await run('account', 'unfreeze', 'noor')).out).toMatch(/plan +pro\nstatus +active/);
  const nobody = await run('account', 'freeze', 'nobody');
  expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('There is no account "nobody".')]);
});

test('an account is put, shown and given credits; balance and statement show it', async () => {
  const put = await run(
    'account',
    'put',
    'linus',
    '--plan',
    'pro',
    '--verified-at',
    'now',
    '--email',
    'l@example.com',
  );
  expect(put.out).toMatch(/plan +pro/);
  const granted = await run('grant', 'create', 'linus', '7.25', '--reason', 'invoice 4711', '--no-giftable');
  expect(granted.out).toMatch(/giftable +no/);
  const { id: lot } = (await run('grant', 'list', 'linus', '--json')).json().data[0];
  expect((await run('grant', 'list', 'linus')).out).toMatch(
    /^lot_\d+ +purchased +7\.25 +7\.25 .* invoice 4711$/m,
  );
  expect((await run('grant', 'show', lot)).out).toMatch(/left +7\.25\n[\s\S]*reason +invoice 4711/);
  expect((await run('account', 'show', 'linus')).out).toMatch(/email +l@example\.com/);
  const balance = await run('account', 'balance', 'linus');
  expect(balance.out).toMatch(/available +7\.25/);
  expect(balance.out).toMatch(/purchased +7\.25 +7\.25 +never +no/);
  expect((await run('account', 'statement', 'linus', '--limit', '5')).out).toMatch(/grant +7\.25 +7\.25/);
  const gifting = await run('account', 'gifting', 'linus');
  expect(gifting.out).toMatch(/may give +no/);
  expect(gifting.out).toContain('account_too_new');
  const earlier = await run('account', 'balance', 'linus', '--as-of', '2020-01-01T00:00:00Z', '--json');
  expect(earlier.json()).toMatchObject({ available: '0' });
});

test('a billing day is moved, and shown with the moment from which it is in force; an organisation is joined and left, limits are set and taken away', async () => {
  const put = (id: string, ...more: string[]) => run('account', 'put', id, '--plan', 'business', ...more);
  expect((await put('mary', '--billing-day', '11')).out).toMatch(/billing day +11$/m);
  const moved = await put('mary', '--billing-day', '12');
  expect(moved.out).toMatch(/billing day +12, from \d{4}-\d\d-11T00:00:00.000Z on$/m);
  expect((await put('mary', '--billing-day', '32')).code).not.toBe(0);
  const refused = await put('mary', '--org', 'mary');
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain('none is its own organisation');
  await put('club', '--kind', 'organisation');
  expect((await put('mary', '--org', 'club')).out).toMatch(/organisation +club/);
  expect((await put('mary', '--org', 'none', '--json')).json()).toMatchObject({ org_id: null });
  const limited = ['--spending-limit', '5', '--pool-limit', '0', '--json'];
  expect((await put('mary', ...limited)).json()).toMatchObject({ spending_limit: '5', pool_limit: '0' });
  const unlimited = ['--spending-limit', 'none', '--pool-limit', 'none', '--json'];
  expect((await put('mary', ...unlimited)).json()).toMatchObject({ spending_limit: null, pool_limit: null });
});

test('a change rests on the etag that was shown: another change meanwhile is not written over', async () => {
  await run('account', 'put', 'ines', '--plan', 'plus');
  const [, etag = ''] = /^etag +(\S+)$/m.exec((await run('account', 'show', 'ines')).out) ?? [];
  expect((await run('account', 'change', 'ines', '--plan', 'pro', '--if-match', etag)).code).toBe(0);
  const late = await run('account', 'change', 'ines', '--plan', 'free', '--if-match', etag);
  expect([late.code, late.err]).toEqual([1, expect.stringMatching(/^Refused, precondition_failed/)]);
});

test('cohorts, marks and an organisation’s billing are set, and taken away with none', async () => {
  const change = (...more: string[]) => run('account', 'change', 'team', ...more, '--json');
  await run('account', 'put', 'team', '--plan', 'business', '--kind', 'organisation');
  const set = await change('--cohort', 'beta', 'gamma', '--billing', 'invoice', '--invoice-ceiling', '500');
  expect(set.json()).toMatchObject({
    cohorts: ['beta', 'gamma'],
    billing: 'invoice',
    invoice_ceiling: '500',
  });
  expect((await run('account', 'list', '--cohort', 'beta')).out).toContain('team');
  const taken = await change('--cohort', 'none', '--billing', 'pool', '--invoice-ceiling', 'none');
  expect(taken.json()).toMatchObject({ cohorts: [], billing: 'pool', invoice_ceiling: null });
});

test('a key is made, listed, rotated and revoked, and is shown once', async () => {
  const made = await run('key', 'create', 'billing', '--scope', 'accounts:read', 'gifts:read', '--json');
  const { id, key } = made.json();
  expect(key).toMatch(/^boon_sk_/);
  const asService = (...args: string[]) => boonCommand(args, { BOON_URL: boon.url, BOON_API_KEY: key });
  expect((await asService('account', 'show', 'ada')).code).toBe(0);
  const refused = await asService('grant', 'create', 'ada', '1', '--reason', 'mine');
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^Refused, forbidden: The API key lacks the scope grants:write\./);

  const listed = await run('key', 'list');
  expect(listed.out).toContain('billing');
  expect(listed.out).not.toContain(key);
  expect((await run('key', 'rotate', id, '--grace', '0')).out).toMatch(
    /key +boon_sk_\S+ \(shown this once\)/,
  );
  expect((await run('key', 'show', id)).out).toMatch(/name +billing\nscopes +accounts:read gifts:read\n/);
  expect((await run('key', 'revoke', id)).out).toBe(`${id} is revoked.`);
});

test('a refusal is one sentence with its code and what to do, and JSON for programs; the exit code is 1', async () => {
  const refused = await run('gift', 'send', '5000', '--from', 'grace', '--to', 'ada');
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/^Refused, \w+.*: .+\. .+\.$/);
  const forPrograms = await run('gift', 'show', 'gft_none', '--json');
  expect(forPrograms).toMatchObject({ code: 1, out: '' });
  expect(JSON.parse(forPrograms.err)).toMatchObject({
    status: 404,
    code: 'not_found',
    title: expect.any(String),
    fix: expect.any(String),
  });
});

test('a server that does not answer is named with what to do', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const silent = await boonCommand(['gift', 'show', 'gft_1'], { BOON_URL: url, BOON_API_KEY: 'key' });
  expect(silent.code).toBe(3);
  expect(silent.err).toMatch(/^No answer from Boon: .*Start Boon with `npm start`, or set BOON_URL/);
});

test('the key of the local start is not sent to a server that BOON_URL names', async () => {
  const keyless = await boonCommand(['gift', 'show', 'gft_1'], { BOON_URL: boon.url });
  expect(keyless.code).toBe(1);
  expect(keyless.err).toContain('BOON_API_KEY is not set');
});

test('resets are granted, listed, previewed and redeemed', async () => {
  const granted = await run('reset', 'grant', 'grace', '--count', '2', '--reason', 'ticket 4711', '--json');
  expect(granted.json().resets).toHaveLength(2);
  const { id } = granted.json().resets[1];
  expect((await run('reset', 'redeem', 'grace')).out).toMatch(/^outcome +nothing_to_reset\n/);
  await boon.use('grace', '7.5');

  const preview = await run('reset', 'redeem', 'grace', '--preview');
  expect(preview.out).toMatch(/meaning +both windows would be full again\n/);
  expect(preview.out).toMatch(/week, before +7\.5 +150 .*\nweek, after +0 +150 /);
  expect((await run('account', 'limits', 'grace')).out).toMatch(/5 hours +7\.5 +25 /);

  const redeemed = await run('reset', 'redeem', 'grace', '--reset', id, '--request-id', 'cli-1', '--json');
  expect(redeemed.json()).toMatchObject({ outcome: 'reset', reset_id: id, windows_reset: 2 });
  expect((await run('reset', 'redeem', 'grace', '--request-id', 'cli-1')).out).toMatch(
    /^outcome +already_redeemed\n/,
  );
  const listed = await run('reset', 'list', 'grace');
  expect(listed.out).toMatch(new RegExp(`${id} +redeemed +grant`));
  await run('reset', 'grant', 'grace', '--count', '100', '--reason', 'many');
  await run('reset', 'grant', 'grace', '--count', '100', '--reason', 'more');
  const some = await run('reset', 'list', 'grace', '--limit', '201', '--json');
  expect(some.json().data).toHaveLength(201);
  expect(some.json().next_cursor).toEqual(expect.any(String));
});

test('a banked reset is given instead of credits', async () => {
  const granted = await run('reset', 'grant', 'ada', '--reason', 'to give', '--json');
  const { id } = granted.json().resets[0];
  const sent = await run('gift', 'send', '--reset', id, '--from', 'ada', '--to', 'grace');
  expect(sent.out).toMatch(new RegExp(`reset +${id}\\n`));
  expect((await run('gift', 'list', 'ada', '--status', 'pending')).out).toContain(`reset ${id}`);
  for (const amount of [['5', '--reset', id], []]) {
    const refused = await run('gift', 'send', ...amount, '--from', 'ada', '--to', 'grace');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('one of an amount and --reset')]);
  }
});
