import { expect, test } from 'vitest';
import { boonCommand } from '../support/command-line.ts';
import { give } from '../support/gifts.ts';
import { actOn, invite } from '../support/referrals.ts';
import { openTestLedger, policyWith, START, seedAccount } from '../support/test-ledger.ts';

test('what goes on under each policy is listed until the last of it is done', async () => {
  const open = { opens_at: null, closes_at: null, cohort: null, invites: 100 };
  const first = policyWith({ programs: { 'codex-selective': open } });
  const second = policyWith({ programs: { 'codex-selective': { ...open, invites: 50 } } });
  const own = await openTestLedger();
  const settings = { DATABASE_URL: own.url, BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64') };
  expect((await boonCommand(['policy', 'open'], settings)).out).toBe('Nothing goes on.');
  await own.ledger.usePolicy(first, START);
  await seedAccount(own.ledger, 'ada', { credits: '10' });
  const invited = [await invite(own.ledger, 'ada'), await invite(own.ledger, 'ada')];
  await give(own.ledger, 'ada', 'bob@example.com', { id: 'gft_open', amount: '2' });
  await own.ledger.usePolicy(second, START);
  const last = await invite(own.ledger, 'ada');

  const counts = await boonCommand(['policy', 'open', '--json'], settings);
  expect(counts.json()).toEqual({
    counts: expect.arrayContaining([
      { version: first.version, kind: 'gift', program: null, count: 1, since: START },
      { version: first.version, kind: 'referral', program: 'codex-selective', count: 2, since: START },
      { version: second.version, kind: 'referral', program: 'codex-selective', count: 1, since: START },
    ]),
  });
  expect((await boonCommand(['policy', 'open'], settings)).out).toMatch(
    /^policy +what +program +how many +the oldest since/,
  );
  const under = await boonCommand(['policy', 'open', second.version, '--json'], settings);
  expect(under.json()).toMatchObject({
    processes: [{ kind: 'referral', id: last.id, program: 'codex-selective', status: 'invited' }],
  });

  for (const one of invited) await actOn(own.ledger, one, 'cancel', START);
  expect((await boonCommand(['policy', 'open', first.version, '--json'], settings)).json()).toMatchObject({
    processes: [{ kind: 'gift', id: 'gft_open' }],
  });
  await actOn(own.ledger, last, 'cancel', START);
  expect((await boonCommand(['policy', 'open', second.version], settings)).out).toBe(
    `Nothing is open under ${second.version}.`,
  );
  await own.close();
});
