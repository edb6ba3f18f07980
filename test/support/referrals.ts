/** What tests do with referrals, in one line each. */
import type { Referral } from '../../src/contracts/referrals/referral.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ReferralAction } from '../../src/ledger/referrals/end-referrals.ts';
import type { InviteRequest } from '../../src/ledger/referrals/invitations.ts';
import type { LinkUse } from '../../src/ledger/referrals/link-use.ts';
import type { Activity } from '../../src/ledger/referrals/record-activity.ts';
import { newKey, START } from './test-ledger.ts';

let serial = 0;

/** An invitation to an address of its own into `codex-selective` at START, or what `more` says instead. */
export function inviteRequest(referrer: string, more: Partial<InviteRequest> = {}): InviteRequest {
  serial += 1;
  return {
    key: newKey('invite'),
    at: START,
    id: `ref_test${String(serial).padStart(8, '0')}`,
    program: 'codex-selective',
    referrer_id: referrer,
    email: `friend${serial}@example.com`,
    ...more,
  };
}

/** Invites, and answers with the invitation. */
export async function invite(
  ledger: Ledger,
  referrer: string,
  more: Partial<InviteRequest> = {},
): Promise<Referral> {
  return (await ledger.invite(inviteRequest(referrer, more))).value;
}

/** The friend's account uses the link at `at`. */
export async function join(
  ledger: Ledger,
  referral: { id: string },
  friend: string,
  at: string,
  more: Partial<LinkUse> = {},
): Promise<Referral> {
  const request = { key: newKey('link'), referral_id: referral.id, account_id: friend, at, ...more };
  return (await ledger.useLink(request)).value;
}

/** A prompt, or a login, under an id of its own, or what `more` says instead. */
export function prompt(
  ledger: Ledger,
  account: string,
  at: string,
  more: Partial<Activity> = {},
): Promise<Referral | undefined> {
  serial += 1;
  return ledger.recordActivity({ id: `prompt-${serial}`, account_id: account, kind: 'prompt', at, ...more });
}

export function login(ledger: Ledger, account: string, at: string): Promise<Referral | undefined> {
  return prompt(ledger, account, at, { kind: 'login' });
}

/** Acts on a referral under a key of its own. */
export async function actOn(
  ledger: Ledger,
  referral: { id: string },
  action: ReferralAction['action'],
  at: string,
  more: Partial<ReferralAction> = {},
): Promise<Referral> {
  return (await ledger.actOnReferral({ key: newKey(action), referral_id: referral.id, action, at, ...more }))
    .value;
}

/** A friend's account that has existed since 2024, last active at `lastActive`, or what `put` says instead. */
export async function dormantFriend(
  ledger: Ledger,
  id: string,
  lastActive: string | null,
  put: Partial<Parameters<Ledger['putAccount']>[1]> = {},
): Promise<void> {
  await ledger.putAccount(
    id,
    { plan: 'free', created_at: '2024-01-01T00:00:00.000Z', last_active_at: lastActive, ...put },
    START,
  );
}

/** A friend's account that is made at `at`. */
export async function newFriend(
  ledger: Ledger,
  id: string,
  at: string,
  put: Partial<Parameters<Ledger['putAccount']>[1]> = {},
): Promise<void> {
  await ledger.putAccount(id, { plan: 'free', created_at: at, ...put }, at);
}

export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** Invited, joined and prompted in the ledger, some minutes ago, and Temporal heard nothing of it. */
export async function qualifiedUnheard(ledger: Ledger, referrer: string): Promise<Referral> {
  const { id } = await invite(ledger, referrer, { at: minutesAgo(4) });
  const friend = `friend-${id}`;
  await ledger.putAccount(friend, { plan: 'free', created_at: minutesAgo(3) }, minutesAgo(3));
  await join(ledger, { id }, friend, minutesAgo(3));
  for (let sent = 0; sent < 3; sent += 1) await prompt(ledger, friend, minutesAgo(2));
  return await ledger.findReferral(id);
}
