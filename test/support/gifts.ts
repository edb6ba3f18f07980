/** What tests do with gifts, in one line each. */
import type { Gift, GiftActionRequest } from '../../src/contracts/gifts/gift.ts';
import type { LotSource } from '../../src/domain/lot.ts';
import type { GrantRequest } from '../../src/ledger/accounts/grant-credits.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { newGiftId, newKey, START } from './test-ledger.ts';

/** An acceptance of 10 credits at START, or what `more` says instead; `to` is an account, or an address with an @. */
export function giftRequest(from: string, to: string, more: Partial<AcceptRequest> = {}): AcceptRequest {
  return {
    key: newKey('accept'),
    at: START,
    id: newGiftId(),
    from,
    to: to.includes('@') ? { email: to } : { account_id: to },
    amount: '10',
    funding: 'transfer',
    message: null,
    ...more,
  };
}

/** Gives, and answers with the accepted gift. */
export async function give(
  ledger: Ledger,
  from: string,
  to: string,
  more: Partial<AcceptRequest> = {},
): Promise<Gift> {
  return (await ledger.acceptGift(giftRequest(from, to, more))).value;
}

/** Acts on a gift under a key of its own. */
export async function act(
  ledger: Ledger,
  gift: { id: string },
  action: GiftActionRequest['action'],
  at: string,
  more: Partial<GiftActionRequest> = {},
): Promise<Gift> {
  const request = { key: newKey(action), gift_id: gift.id, action, at, reason: 'because', ...more };
  return (await ledger.actOnGift(request)).value;
}

/** Claims a gift by e-mail with the token of its link. */
export async function claim(
  ledger: Ledger,
  gift: { id: string },
  accountId: string,
  at: string,
): Promise<Gift> {
  const { token } = await ledger.giftAddress(gift.id);
  return act(ledger, gift, 'claim', at, { token, account_id: accountId, reason: undefined });
}

/** Grants purchased credits that do not expire, or what `more` says instead. */
export function grant(
  ledger: Ledger,
  accountId: string,
  amount: string,
  more: Partial<GrantRequest> = {},
): ReturnType<Ledger['grant']> {
  return ledger.grant({
    key: newKey('grant'),
    at: START,
    account_id: accountId,
    amount,
    source: 'purchased' satisfies LotSource,
    expires_at: null,
    giftable: true,
    reason: 'test',
    ...more,
  });
}

/** `available` of an account at a moment. */
export async function available(ledger: Ledger, accountId: string, at: string = START): Promise<string> {
  return (await ledger.balance(accountId, at)).available;
}

/** What a refusal looks like, without its text. */
export function refusal(code: string, reasonCode?: string): object {
  return { name: 'BoonError', code, reasonCode };
}

/** The values of those calls that succeeded, and the errors of those that did not. */
export async function outcomes<T>(calls: readonly Promise<T>[]): Promise<{ values: T[]; errors: unknown[] }> {
  const settled = await Promise.allSettled(calls);
  return {
    values: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    errors: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
  };
}
