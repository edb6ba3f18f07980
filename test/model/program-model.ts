/** The whole of what the model knows: it answers each call as the ledger should. */
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import { parseCredits } from '../../src/domain/credits.ts';
import { type Answer, refused } from './program-answer.ts';
import { byId, type Call, type Keyed } from './program-calls.ts';
import { ProgramCampaigns } from './program-campaigns.ts';
import { ProgramGifts } from './program-gifts.ts';
import { type ModelPerson, putPerson } from './program-people.ts';
import { ProgramReferrals } from './program-referrals.ts';
import { ProgramReminders } from './program-reminders.ts';
import { ProgramResets } from './program-resets.ts';
import { DAY, type ProgramRules } from './program-rules.ts';

export class ProgramModel {
  readonly people = new Map<string, ModelPerson>();
  readonly resets: ProgramResets;
  readonly referrals: ProgramReferrals;
  readonly gifts: ProgramGifts;
  readonly campaigns: ProgramCampaigns;
  readonly #reminders = new ProgramReminders();
  readonly #rules: ProgramRules;
  readonly #recorded = new Map<string, { request: string; answer: Answer }>();

  constructor(rules: ProgramRules) {
    this.#rules = rules;
    this.resets = new ProgramResets(rules, this.people);
    this.referrals = new ProgramReferrals(rules, this.people, this.resets);
    this.gifts = new ProgramGifts(rules, this.people, this.resets);
    this.campaigns = new ProgramCampaigns(this.people, this.resets);
  }

  answer(call: Call, now: number): Answer {
    switch (call.do) {
      case 'put':
        this.#put(call.id, call.put, now);
        return { value: null };
      case 'activity':
        return this.referrals.activity(call.event, now);
      case 'reward':
        return this.referrals.reward(call.id, now);
      case 'use':
        return this.resets.use(call.account_id, parseCredits(call.units) ?? 0n, now, now - call.late);
      case 'redeem':
        return this.resets.redeem(call.request, now);
      case 'settle':
        return { value: call.ids.flatMap((id) => this.#settled(id, now)).toSorted(byId) };
      case 'page':
        return this.campaigns.page(call.id, call.size, now);
      case 'expire referrals':
        return this.referrals.expire(now);
      case 'last moment':
        return { value: this.resets.redeemAtLastMoment(now) };
      case 'expire resets':
        return { value: this.resets.expire(now) };
      case 'remind':
        return { value: this.#reminders.remind(this.resets.resets, this.people, now) };
      case 'return resets':
        return { value: this.resets.returnDue(now) };
      default:
        return this.#once(call, now);
    }
  }

  /** Every moment at which time changes something, or a rule begins to judge otherwise. */
  moments(): number[] {
    const { referrals, resets, gifts } = this;
    return [
      ...[...referrals.referrals.values()].flatMap((r) => [
        referrals.expiryOf(r),
        r.deferredUntil,
        r.rewardedAt === null ? null : r.rewardedAt + this.#rules.clawback,
      ]),
      ...referrals.windows.map(({ endsAt }) => endsAt),
      ...resets.resets.flatMap(({ expiresAt, returnAt, status }) =>
        status === 'available' ? [expiresAt, expiresAt - DAY, expiresAt - 600_000] : [returnAt],
      ),
      ...resets.windows
        .all()
        .flatMap(([, { five_hour, weekly }]) => [
          five_hour === undefined ? null : five_hour.startedAt + 5 * 3_600_000,
          ...(weekly === undefined ? [] : [weekly.startedAt + 6 * DAY, weekly.startedAt + 7 * DAY]),
        ]),
      ...[...gifts.gifts.values()].map((gift) => gifts.deadlineOf(gift)),
    ].filter((moment) => moment !== null);
  }

  /** Under one key a request is answered once; what may change any moment is not kept. */
  #once(call: Keyed, now: number): Answer {
    const { key, ...request } = { by: undefined, ...call.request };
    const asked = JSON.stringify(request);
    const before = this.#recorded.get(key);
    if (before !== undefined)
      return before.request === asked ? before.answer : refused('idempotency_mismatch');
    const answer = this.#keyed(call, now);
    const passing =
      'refused' in answer &&
      (['not_found', 'validation_failed'].includes(answer.refused) || answer.reason === 'unknown_account');
    if (!passing) this.#recorded.set(key, { request: asked, answer });
    return answer;
  }

  #keyed(call: Keyed, now: number): Answer {
    switch (call.do) {
      case 'invite':
        return this.referrals.invite(call.request, now);
      case 'link':
        return this.referrals.useLink(call.request, now);
      case 'act':
        return this.referrals.act(call.request, now);
      case 'raise':
        return this.referrals.raise(call.request, now);
      case 'bank':
        return this.#bank(call.request.account_id, call.request.count, call.request.key, now);
      case 'give': {
        const { id, from, to, reset_id } = call.request;
        return this.gifts.give(id, from, to.account_id, reset_id, now);
      }
      case 'cancel gift':
        return this.gifts.cancel(call.request.gift_id, now);
      case 'campaign':
        return this.campaigns.create(call.request);
      case 'act on campaign':
        return this.campaigns.act(call.request);
    }
  }

  #bank(account: string, count: number, key: string, now: number): Answer {
    const status = this.people.get(account)?.status;
    if (status === undefined) return refused('not_found');
    if (status === 'closed') return refused('recipient_ineligible', 'recipient_unavailable');
    const expiries = this.resets.bank(account, count, 'grant', key, now);
    return { value: expiries.map((moment) => new Date(moment).toISOString()) };
  }

  #settled(id: string, now: number) {
    const gift = this.gifts.advance(id, now);
    return gift === undefined ? [] : [this.gifts.brief(gift)];
  }

  #put(id: string, put: AccountPut, now: number): void {
    const before = this.people.get(id);
    const after = putPerson(before, id, put, this.people.size + 1, now, this.referrals.countedIn(id));
    this.people.set(id, after);
    this.gifts.statusChanged(id, before?.status, after.status, now);
    const anew = before?.plan !== after.plan || before.kind !== after.kind || before.status !== after.status;
    if (anew) this.campaigns.join(after, now);
  }
}
