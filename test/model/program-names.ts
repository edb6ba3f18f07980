/** Turns a command into calls: it knows what has been made so far, and which requests were sent. */
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import { billingMonthOf } from '../../src/domain/billing-month.ts';
import type { Answer } from './program-answer.ts';
import type { Call, Keyed } from './program-calls.ts';
import type { Friend, ProgramCommand } from './program-command.ts';
import { PROGRAM_PEOPLE } from './program-people.ts';
import { DAY, HOUR } from './program-rules.ts';

type Known = { now: number; resets: readonly string[] };
type Calls = Generator<Call, void, Answer>;
const iso = (moment: number) => new Date(moment).toISOString();

export class ProgramNames {
  readonly people: string[] = PROGRAM_PEOPLE.map(({ id }) => id);
  readonly plans = new Map<string, string>(PROGRAM_PEOPLE.map(({ id, plan }) => [id, plan]));
  readonly referrals: string[] = [];
  readonly gifts: string[] = [];
  readonly campaigns: string[] = [];
  readonly #sent: Call[] = [];
  /** The request ids of each account's redemptions. */
  readonly #redeemed = new Map<string, string[]>();
  #serial = 0;

  /** Whose banked resets a command may name. */
  ownerIn(command: ProgramCommand): string | undefined {
    if (command.do === 'redeem' || command.do === 'spend') return this.#person(command.who);
    return command.do === 'give' ? this.#person(command.from) : undefined;
  }

  /** Each call is answered before the next is made. */
  *calls(command: ProgramCommand, known: Known): Calls {
    for (const calls = this.#callsOf(command, known); ; ) {
      const { value: call, done } = calls.next();
      if (done === true) return;
      if (isRepeatable(call)) this.#sent.push(call);
      const answer = yield call;
      // An invitation that is refused has no friend to come by it.
      if (command.do === 'friend' && call.do === 'invite' && 'refused' in answer) return;
    }
  }

  *#callsOf(command: ProgramCommand, { now, resets }: Known): Generator<Call, void> {
    const key = this.#next('key');
    switch (command.do) {
      case 'friend':
        return yield* this.#friend(command, now);
      case 'invite': {
        const addresses = [
          'ann@example.com',
          'x@mailinator.com',
          ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `a${n}@example.com`),
        ];
        return yield this.#invite(this.#person(command.who), command.program, String(addresses[command.to]));
      }
      case 'link': {
        const used_at = command.late === null ? undefined : iso(now - command.late);
        const request = {
          key,
          referral_id: this.#referral(command.referral),
          account_id: this.#person(command.who),
          used_at,
        };
        return yield { do: 'link', request };
      }
      case 'activity': {
        const event = {
          id: `event-${command.id}`,
          account_id: this.#person(command.who),
          kind: command.kind,
        };
        return yield { do: 'activity', event: { ...event, at: iso(now + command.shift) } };
      }
      case 'reward':
        return yield { do: 'reward', id: this.#referral(command.referral) };
      case 'reward all':
        for (const id of this.referrals) yield { do: 'reward', id };
        return;
      case 'cancel':
        return yield {
          do: 'act',
          request: { key, referral_id: this.#referral(command.referral), action: 'cancel' },
        };
      case 'claw back': {
        const request = {
          key,
          referral_id: this.#referral(command.referral),
          action: 'claw_back' as const,
          reason: 'fraud',
        };
        return yield { do: 'act', request };
      }
      case 'raise': {
        const month = billingMonthOf(
          PROGRAM_PEOPLE[command.who]?.billing_day ?? 1,
          now + command.months * 31 * DAY,
        ).name;
        const { cap, program } = command;
        return yield {
          do: 'raise',
          request: { key, account_id: this.#person(command.who), program, month, cap, reason: 'so' },
        };
      }
      case 'bank': {
        const request = { key, account_id: this.#person(command.who), count: command.count, reason: 'so' };
        return yield { do: 'bank', request };
      }
      case 'use':
        return yield {
          do: 'use',
          id: this.#next('use'),
          account_id: this.#person(command.who),
          units: command.units,
          late: command.late ?? 0,
        };
      case 'spend': {
        const account_id = this.#person(command.who);
        if (command.count > 0)
          yield { do: 'bank', request: { key, account_id, count: command.count, reason: 'so' } };
        yield { do: 'use', id: this.#next('use'), account_id, units: command.units, late: 0 };
        const redeem = this.#redeem(
          account_id,
          this.#next('redeem'),
          command.chosen ? resets.at(-1) : undefined,
          false,
        );
        yield redeem;
        if (command.again) yield redeem;
        return;
      }
      case 'redeem': {
        const account_id = this.#person(command.who);
        const before = this.#redeemed.get(account_id) ?? [];
        const again = command.again === null ? undefined : before.at(-1 - (command.again % 3));
        const reset_id = command.reset === null ? undefined : resets.at(-1 - (command.reset % 5));
        return yield this.#redeem(account_id, again ?? this.#next('redeem'), reset_id, command.dry_run);
      }
      case 'give': {
        const id = this.#next('gift');
        this.gifts.push(id);
        const reset_id = resets.at(-1 - (command.reset % 5)) ?? '999999999';
        const to = { account_id: this.#person(command.to) };
        const request = {
          key,
          id,
          from: this.#person(command.from),
          to,
          reset_id,
          amount: '0',
          message: null,
        };
        return yield { do: 'give', request: { ...request, funding: 'transfer' } };
      }
      case 'cancel gift':
        return yield { do: 'cancel gift', request: { key, gift_id: recent(this.gifts, command.gift) } };
      case 'settle':
        // One after the other: which of two comes first to a recipient is nobody's business.
        for (const id of this.gifts) yield { do: 'settle', ids: [id] };
        return;
      case 'sweep':
        for (const which of SWEEPS) yield { do: which };
        return;
      case 'one sweep':
        return yield { do: SWEEPS[command.which % SWEEPS.length] ?? 'expire resets' };
      case 'campaign': {
        const id = this.#next('campaign');
        this.campaigns.push(id);
        const { kind, plans, ongoing } = command;
        const filter = plans === null ? {} : { plans };
        const request = { key, id, filter, reason: 'so' };
        if (kind === 'reset_windows') yield { do: 'campaign', request: { ...request, kind } };
        else yield { do: 'campaign', request: { ...request, kind, resets: 1 + (id.length % 2), ongoing } };
        if (command.run) yield { do: 'page', id, size: 100 };
        return;
      }
      case 'page':
        return yield { do: 'page', id: recent(this.campaigns, command.campaign), size: command.size };
      case 'act on campaign': {
        const campaign_id = recent(this.campaigns, command.campaign);
        return yield { do: 'act on campaign', request: { key, campaign_id, action: command.action } };
      }
      case 'status':
        return yield this.#put(this.#person(command.who), { status: command.status });
      case 'change': {
        const { value, what } = command;
        const plan = (['plus', 'pro', 'free'] as const)[value % 3] ?? 'free';
        const put: Record<typeof what, Partial<AccountPut>> = {
          billing_day: { billing_day: value + 1 },
          plan: { plan },
          auto_redeem: { auto_redeem: value % 2 === 0 },
        };
        return yield this.#put(this.#person(command.who), put[what]);
      }
      case 'repeat': {
        const before = this.#sent[command.which % Math.max(this.#sent.length, 1)];
        if (before !== undefined) yield command.changed ? otherwise(before) : before;
        return;
      }
      case 'wait':
        return;
    }
  }

  /** An invitation, an account with its past, the link, prompts, and perhaps at once the reward. */
  *#friend(command: Extract<ProgramCommand, { do: 'friend' }>, now: number): Generator<Call, void> {
    const id = this.#next('friend');
    const invitation = this.#invite(this.#person(command.who), command.program, `${id}@example.com`);
    yield invitation;
    this.people.push(id);
    this.plans.set(id, 'free');
    const created_at = iso(command.friend === 'new' ? now : now - 200 * DAY);
    yield { do: 'put', id, put: { plan: 'free', created_at, billing_day: 1, use_credits: 'off' } };
    const past = PAST[command.friend](now, command.days);
    const acts = past.map(([kind, moment], n): Call => {
      return { do: 'activity', event: { id: `past-${n}`, account_id: id, kind, at: iso(moment) } };
    });
    const request = { key: this.#next('key'), referral_id: invitation.request.id, account_id: id };
    const link: Call = { do: 'link', request };
    yield* command.friend === 'reported late' ? [link, ...acts] : [...acts, link];
    for (let n = 0; n < command.prompts; n++)
      yield { do: 'activity', event: { id: `event-${n}`, account_id: id, kind: 'prompt', at: iso(now) } };
    if (command.reward) yield { do: 'reward', id: invitation.request.id };
  }

  #invite(referrer_id: string, program: string, email: string): Extract<Keyed, { do: 'invite' }> {
    const id = this.#next('ref');
    this.referrals.push(id);
    return { do: 'invite', request: { key: this.#next('key'), id, program, referrer_id, email } };
  }

  #redeem(account_id: string, request_id: string, reset_id: string | undefined, dry_run: boolean): Call {
    this.#redeemed.set(account_id, [...(this.#redeemed.get(account_id) ?? []), request_id]);
    return { do: 'redeem', request: { account_id, request_id, reset_id, dry_run } };
  }

  #put(id: string, put: Partial<AccountPut>): Call {
    const plan = (put.plan ?? this.plans.get(id) ?? 'plus') as 'plus';
    this.plans.set(id, plan);
    return { do: 'put', id, put: { ...put, plan } };
  }

  #person(index: number): string {
    return this.people[index % this.people.length] ?? 'nobody';
  }

  #referral(index: number): string {
    return recent(this.referrals, index);
  }

  /** Padded, so that the order of ids is that in which they were made. */
  #next(prefix: string): string {
    this.#serial += 1;
    return prefix === 'redeem'
      ? `redeem-${this.#serial}`
      : `${prefix}-${String(this.#serial).padStart(5, '0')}`;
  }
}

const SWEEPS = ['last moment', 'expire resets', 'return resets', 'expire referrals'] as const;

/** What a friend did before, so many days before the link. */
const PAST: Record<Friend, (now: number, days: number) => ['login' | 'prompt', number][]> = {
  new: (now) => [['login', now]],
  dormant: (now, days) => [
    ['login', now - days],
    ['login', now],
  ],
  active: (now) => [['prompt', now - 3 * DAY]],
  'recent login': (now) => [
    ['login', now - 100 * DAY],
    ['login', now - HOUR],
    ['login', now - HOUR + 1],
  ],
  'reported late': (now, days) => [
    ['login', now],
    ['prompt', now - days],
    ['login', now - days],
  ],
};

/** Mostly one of the last, now and then any, or one that is not there. */
function recent(ids: readonly string[], index: number): string {
  if (ids.length === 0 || index % 40 === 0) return 'no-such-one';
  return String(index % 3 === 0 ? ids[index % ids.length] : ids.slice(-3)[index % Math.min(3, ids.length)]);
}

function isRepeatable(call: Call): boolean {
  return call.do === 'activity' || call.do === 'redeem' || ('request' in call && 'key' in call.request);
}

/** The same request with something else in it, under its key. */
function otherwise(call: Call): Call {
  switch (call.do) {
    case 'invite':
      return { ...call, request: { ...call.request, email: 'other@example.com' } };
    case 'link':
      return { ...call, request: { ...call.request, account_id: 'bob' } };
    case 'act':
    case 'raise':
    case 'bank':
      return { ...call, request: { ...call.request, reason: 'otherwise' } } as Call;
    case 'give':
      return { ...call, request: { ...call.request, to: { account_id: 'dan' } } };
    default:
      return call;
  }
}
