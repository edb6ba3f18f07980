/** What is shown of an account. */
import type { Account } from '../../contracts/accounts/account.schema.ts';
import { type Block, fields } from '../table.ts';

export function accountBlocks(account: Account, etag?: string): Block[] {
  const { billing_month: month } = account;
  return [
    fields({
      account: account.id,
      name: account.name,
      kind: account.kind,
      plan: account.plan,
      status: account.status,
      email: account.email,
      'verified at': account.identity_verified_at ?? 'not verified',
      'created at': account.created_at,
      'last active at': account.last_active_at,
      cohorts: account.cohorts.length === 0 ? undefined : account.cohorts.join(' '),
      organisation: account.org_id,
      'billing month': `${month.starts_at} to ${month.ends_at}`,
      'billing day':
        account.billing_day_from === null
          ? String(account.billing_day)
          : `${account.billing_day}, from ${account.billing_day_from} on`,
      'redeems resets before they expire': account.auto_redeem ? 'yes' : 'no',
      'credits pay after the plan': account.use_credits,
      'spending limit': account.spending_limit,
      'limit on its organisation’s credits': account.pool_limit,
      ...(account.kind === 'organisation'
        ? {
            'when the pool is used up': account.billing === 'invoice' ? 'it is invoiced' : 'its members stop',
            'invoice ceiling': account.invoice_ceiling,
          }
        : {}),
      // Without its quotes, which a shell would take away.
      etag: etag?.replaceAll('"', ''),
    }),
  ];
}
