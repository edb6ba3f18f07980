import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccountPut } from '../../../src/contracts/accounts/account.schema.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let people = 0;
let org = '';
let ada = '';
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  org = `org-${people}`;
  await put(org, { kind: 'organisation' });
});

const put = async (id: string, more: Partial<AccountPut> = {}) =>
  (await own.ledger.putAccount(id, { plan: 'business', ...more }, START)).account;
/** That a change is refused because of a field, and leaves the account as it was. */
async function expectRefused(id: string, more: Partial<AccountPut>, path: string, message: string) {
  const was = await own.sql('SELECT * FROM boon.accounts WHERE id = $1', [id]);
  await expect(put(id, more)).rejects.toMatchObject({
    code: 'validation_failed',
    errors: [{ path, message: expect.stringContaining(message) }],
  });
  expect(await own.sql('SELECT * FROM boon.accounts WHERE id = $1', [id])).toEqual(was);
}

describe('an account belongs to an organisation', () => {
  test('which it joins, leaves and changes', async () => {
    expect(await put(ada, { org_id: org })).toMatchObject({ org_id: org });
    await put(`${org}-two`, { kind: 'organisation' });
    expect(await put(ada, { org_id: `${org}-two` })).toMatchObject({ org_id: `${org}-two` });
    expect(await put(ada, { org_id: null })).toMatchObject({ org_id: null });
  });

  test('not to itself, whatever it is', async () => {
    await seedAccount(own.ledger, ada);
    await expectRefused(ada, { org_id: ada }, 'org_id', 'none is its own organisation');
    await expectRefused(org, { org_id: org }, 'org_id', 'none is its own organisation');
    await expectRefused(ada, { kind: 'organisation', org_id: ada }, 'org_id', 'none is its own organisation');
    await expectRefused(`${ada}-new`, { org_id: `${ada}-new` }, 'org_id', 'none is its own organisation');
  });

  test('not to a person, and not to nobody', async () => {
    await seedAccount(own.ledger, ada);
    await expectRefused(`${ada}-friend`, { org_id: ada }, 'org_id', `"${ada}" is a person`);
    await expectRefused(ada, { org_id: 'nobody' }, 'org_id', 'there is no account "nobody"');
  });

  test('and an organisation belongs to none', async () => {
    await put(`${org}-two`, { kind: 'organisation' });
    await expectRefused(org, { org_id: `${org}-two` }, 'org_id', 'an organisation belongs to no other');
    await put(ada, { org_id: org });
    await expectRefused(ada, { kind: 'organisation' }, 'kind', 'an organisation belongs to no other');
    expect(await put(ada, { kind: 'organisation', org_id: null })).toMatchObject({ org_id: null });
  });

  test('which stays an organisation as long as it has members, and is frozen and closed with them', async () => {
    await put(ada, { org_id: org });
    await expectRefused(org, { kind: 'person' }, 'kind', `"${ada}" belongs to it`);
    for (const status of ['frozen', 'closed', 'active'] as const)
      expect(await put(org, { status })).toMatchObject({ status });
    await put(ada, { org_id: null });
    expect(await put(org, { kind: 'person' })).toMatchObject({ kind: 'person' });
  });

  test('an account that was refused is not there: it can be made, and nothing can be granted to it', async () => {
    await expectRefused(ada, { org_id: 'nobody' }, 'org_id', 'there is no account');
    await expect(own.ledger.findAccount(ada)).rejects.toMatchObject({ code: 'not_found' });
    const grant = {
      key: ada,
      at: START,
      account_id: ada,
      amount: '1',
      source: 'purchased' as const,
      expires_at: null,
      reason: 'none',
    };
    await expect(own.ledger.grant({ ...grant, giftable: true })).rejects.toMatchObject({ code: 'not_found' });
    expect(await put(ada, { org_id: org })).toMatchObject({ org_id: org });
  });

  test('of many that join while it becomes a person, either all are refused or it is', async () => {
    const joins = Array.from({ length: 20 }, (_, n) => put(`${ada}-${n}`, { org_id: org }));
    const [left, ...joined] = await Promise.allSettled([put(org, { kind: 'person' }), ...joins]);
    const members = joined.filter(({ status }) => status === 'fulfilled').length;
    expect(left?.status).toBe(members === 0 ? 'fulfilled' : 'rejected');
    if (members > 0) expect(members).toBe(20);
  });

  test('two accounts that would belong to each other at once: neither waits for the other for ever', async () => {
    await put(`${org}-two`, { kind: 'organisation' });
    const both = [
      put(org, { kind: 'person', org_id: `${org}-two` }),
      put(`${org}-two`, { kind: 'person', org_id: org }),
    ];
    const ended = await Promise.allSettled(both);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

test('an organisation is invoiced only on a plan for organisations', async () => {
  await put(org, { billing: 'invoice' });
  await expectRefused(org, { plan: 'plus' }, 'billing', 'must be pool');
  await expectRefused(ada, { billing: 'invoice' }, 'billing', 'must be pool');
});
