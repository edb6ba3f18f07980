/** What can be asked of the ledger about referrals, resets and campaigns: concrete requests, and their answers in brief. */

import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import type { CampaignActionRequest } from '../../src/contracts/campaigns/campaign.ts';
import { BoonError } from '../../src/contracts/errors.ts';
import type { CampaignRequest } from '../../src/ledger/campaigns/campaigns.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ReferralAction } from '../../src/ledger/referrals/end-referrals.ts';
import type { InviteRequest } from '../../src/ledger/referrals/invitations.ts';
import type { LinkUse } from '../../src/ledger/referrals/link-use.ts';
import type { Activity } from '../../src/ledger/referrals/record-activity.ts';
import type { RaiseCap } from '../../src/ledger/referrals/reward-windows.ts';
import type { RedeemRequest } from '../../src/ledger/resets/redeem-resets.ts';
import type { ResetGrantRequest } from '../../src/ledger/resets/resets.ts';
import type { Answer } from './program-answer.ts';
import { refused } from './program-answer.ts';
import { remindAll } from './program-reminders.ts';

/** A request without its moment, which is that at which it is sent: so it can be sent again later. */
type Timeless<T> = Omit<T, 'at'>;
export type CampaignCall = {
  key: string;
  id: string;
  kind: 'grant_reset' | 'reset_windows';
  filter: { plans?: ('plus' | 'pro' | 'free')[] };
  reason: string;
  /** Of `grant_reset` only. */
  resets?: number;
  ongoing?: boolean;
};
export type Keyed =
  | { do: 'invite'; request: Timeless<InviteRequest> }
  | { do: 'link'; request: Timeless<LinkUse> }
  | { do: 'act'; request: Timeless<ReferralAction> }
  | { do: 'raise'; request: Timeless<RaiseCap> }
  | { do: 'bank'; request: Timeless<ResetGrantRequest> }
  | { do: 'give'; request: Timeless<AcceptRequest> & { to: { account_id: string }; reset_id: string } }
  | { do: 'cancel gift'; request: { key: string; gift_id: string } }
  | { do: 'campaign'; request: CampaignCall }
  | { do: 'act on campaign'; request: Timeless<CampaignActionRequest> };
export type Call =
  | Keyed
  | { do: 'put'; id: string; put: AccountPut }
  | { do: 'activity'; event: Activity }
  | { do: 'reward'; id: string }
  /** Told so many milliseconds after it. */
  | { do: 'use'; id: string; account_id: string; units: string; late: number }
  | { do: 'redeem'; request: Timeless<RedeemRequest> }
  | { do: 'page'; id: string; size: number }
  | { do: 'settle'; ids: string[] }
  | { do: 'expire referrals' | 'last moment' | 'expire resets' | 'return resets' | 'remind' };

/** Asks the ledger. @throws what is not a refusal. */
export async function ask(ledger: Ledger, call: Call, at: string): Promise<Answer> {
  try {
    return { value: await perform(ledger, call, at) };
  } catch (error) {
    if (!(error instanceof BoonError) || error.status >= 500) throw error;
    return refused(error.code, error.reasonCode);
  }
}

async function perform(ledger: Ledger, call: Call, at: string): Promise<unknown> {
  switch (call.do) {
    case 'put':
      await ledger.putAccount(call.id, call.put, at);
      return null;
    case 'invite':
      return brief((await ledger.invite({ ...call.request, at })).value);
    case 'link':
      return brief((await ledger.useLink({ ...call.request, at })).value);
    case 'act':
      return brief((await ledger.actOnReferral({ ...call.request, at })).value);
    case 'activity': {
      const changed = await ledger.recordActivity({ ...call.event, told_at: at });
      return changed === undefined ? null : brief(changed);
    }
    case 'reward':
      return brief(await ledger.rewardReferral(call.id, at));
    case 'raise': {
      const { month, ends_at, cap, claimed } = (await ledger.raiseCap({ ...call.request, at })).value;
      return { month, ends_at, cap, claimed };
    }
    case 'expire referrals':
      return (await ledger.expireReferrals(at, 1_000)).map(({ id }) => id).toSorted();
    case 'bank':
      return (await ledger.grantResets({ ...call.request, at })).value.resets.map(
        (reset) => reset.expires_at,
      );
    case 'use': {
      const request = { id: call.id, account_id: call.account_id, product: 'codex', units: call.units };
      const used_at = new Date(Date.parse(at) - call.late).toISOString();
      return (await ledger.use({ ...request, at: used_at, now: at })).value.windows;
    }
    case 'redeem': {
      const { outcome, before, after, reset_id, redeemed_at } = await ledger.redeemReset({
        ...call.request,
        at,
      });
      return { outcome, before, after, reset_id, redeemed_at };
    }
    case 'last moment': {
      let total = 0;
      for (let after: Parameters<Ledger['redeemExpiringResets']>[2]; ; ) {
        const { redeemed, next } = await ledger.redeemExpiringResets(at, 3, after);
        total += redeemed;
        if (next === undefined) return total;
        after = next;
      }
    }
    case 'expire resets':
      return ledger.expireResets(at, 1_000);
    case 'remind':
      return await remindAll(ledger, at);
    case 'return resets':
      return ledger.returnDueResets(at, 1_000);
    case 'give':
      return briefGift((await ledger.acceptGift({ ...call.request, at })).value);
    case 'cancel gift':
      return briefGift((await ledger.actOnGift({ ...call.request, action: 'cancel', at })).value);
    case 'settle':
      return (await ledger.advanceGifts(call.ids, at)).map(briefGift).toSorted(byId);
    case 'campaign':
      return briefCampaign((await ledger.createCampaign({ ...call.request, at } as CampaignRequest)).value);
    case 'act on campaign':
      return briefCampaign((await ledger.actOnCampaign({ ...call.request, at })).value);
    case 'page':
      return briefCampaign(await ledger.runCampaignPage(call.id, call.size, at));
  }
}

export function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function brief(referral: { id: string; status: string; reason_code: string | null; prompts_seen: number }) {
  const { id, status, reason_code, prompts_seen } = referral;
  return { id, status, reason_code, prompts_seen };
}

function briefGift(gift: {
  id: string;
  status: string;
  reason_code: string | null;
  deadline: string | null;
}) {
  const { id, status, reason_code, deadline } = gift;
  return { id, status, reason_code, deadline };
}

function briefCampaign(campaign: {
  id: string;
  status: string;
  matched: number | null;
  granted: number;
  excluded: object;
}) {
  const { id, status, matched, granted, excluded } = campaign;
  return { id, status, matched, granted, excluded };
}
