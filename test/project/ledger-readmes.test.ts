import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ACCOUNT_INVARIANTS } from '../../src/ledger/accounts/account-invariants.ts';
import { LOT_INVARIANTS } from '../../src/ledger/accounts/lot-invariants.ts';
import { BILLING_INVARIANTS } from '../../src/ledger/billing/billing-invariants.ts';
import { CAMPAIGN_INVARIANTS } from '../../src/ledger/campaigns/campaign-invariants.ts';
import { INVARIANTS } from '../../src/ledger/invariants.ts';
import { PURCHASE_INVARIANTS } from '../../src/ledger/purchases/purchase-invariants.ts';
import { REFERRAL_INVARIANTS } from '../../src/ledger/referrals/referral-invariants.ts';
import { RESET_INVARIANTS } from '../../src/ledger/resets/reset-invariants.ts';
import { TIMELY_INVARIANTS } from '../../src/ledger/timely-invariants.ts';
import { USAGE_INVARIANTS } from '../../src/ledger/usage/usage-invariants.ts';

const LEDGER = join(import.meta.dirname, '../../src/ledger');

/** The invariants of each noun; those of gifts stand among the general ones. */
const OF_NOUN: Readonly<Record<string, object>> = {
  accounts: { ...ACCOUNT_INVARIANTS, ...LOT_INVARIANTS },
  billing: BILLING_INVARIANTS,
  campaigns: CAMPAIGN_INVARIANTS,
  gifts: {},
  postgres: {},
  purchases: PURCHASE_INVARIANTS,
  referrals: REFERRAL_INVARIANTS,
  resets: RESET_INVARIANTS,
  usage: USAGE_INVARIANTS,
};
const NOUNS = Object.keys(OF_NOUN);

/** Lines are wrapped, names too. */
const readmeOf = (noun: string) =>
  readFileSync(join(LEDGER, noun, 'README.md'), 'utf8')
    .replaceAll(/\n +/g, ' ')
    .replaceAll('\n', ' ');

test.each(NOUNS)('the README of %s names the invariants of its noun, and no other', (noun) => {
  const named = [...readmeOf(noun).matchAll(/\*\*(.+?)\*\*/g)].map(([, name]) => name ?? '');
  const known = Object.keys({ ...INVARIANTS, ...TIMELY_INVARIANTS });
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.keys(OF_NOUN[noun] ?? {}).filter((name) => !named.includes(name))).toEqual([]);
});

test.each(NOUNS)('the files of its own folder that the README of %s names are there', (noun) => {
  const files = [...readmeOf(noun).matchAll(/`([\w-]+\.ts)`/g)].map(([, file]) => file ?? '');
  expect(files.filter((file) => !existsSync(join(LEDGER, noun, file)))).toEqual([]);
});
