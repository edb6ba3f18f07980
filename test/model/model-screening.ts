/** Screening and limits as one would write them with all the time in the world: by looking at every gift. */
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { parseCredits } from '../../src/domain/credits.ts';
import type { GiftPolicy } from '../../src/domain/policy.ts';
import {
  SCREENING_RULE_NAMES,
  type ScreeningPolicy,
  type ScreeningRule,
  type Verdict,
} from '../../src/domain/screening-rules.ts';
import { lives, type ModelAccount, type ModelGift, milliseconds } from './model-gift.ts';

const micro = (text: string) => parseCredits(text) ?? 0n;
const STRENGTH = { allow: 0, hold: 1, deny: 2 } as const;

/** The rules that the model knows, with numbers so small that each is reached within a few steps. */
const SMALL: { [Rule in ScreeningRule]?: Omit<ScreeningPolicy[Rule], 'verdict'> } = {
  velocity: { gifts: 2, within: 'PT1H' },
  new_account: { younger_than: 'P30D', above: '12.5' },
  shared_fingerprint: {},
  fan_in: { senders: 2, within: 'P7D' },
  fan_out: { recipients: 2, within: 'P1D' },
  circle: { within: 'P30D' },
};
export const MODEL_RULES = Object.keys(SMALL) as ScreeningRule[];

/** A policy's screening by these verdicts; the other rules are switched off. */
export function screeningOf(verdicts: Partial<Record<ScreeningRule, Verdict>>) {
  return Object.fromEntries(
    SCREENING_RULE_NAMES.map((rule) => [rule, { ...SMALL[rule], verdict: verdicts[rule] ?? 'allow' }]),
  );
}

export type Screened = {
  sender: ModelAccount;
  /** The account given to; undefined while it is an address. */
  recipient: ModelAccount | undefined;
  /** The addresses and accounts given to, among which this recipient counts as one. */
  recipientKeys: string[];
  now: number;
  policy: GiftPolicy;
  /** The amount, at acceptance only: then speed and age are judged too. */
  amount: bigint | undefined;
};

/** The rule that catches a gift: the strongest, of equally strong ones the first. */
export function caughtBy(gifts: readonly ModelGift[], screened: Screened): ScreeningRule | undefined {
  const { sender, recipient, recipientKeys, now, policy, amount } = screened;
  const rules = policy.screening;
  const within = (gift: ModelGift, window: string) => gift.createdAt > now - milliseconds(window);
  const sent = gifts.filter((gift) => gift.from === sender.id);

  const velocity = () =>
    amount !== undefined &&
    sent.filter((gift) => within(gift, rules.velocity.within)).length + 1 > rules.velocity.gifts;
  const new_account = () =>
    amount !== undefined &&
    amount >= micro(rules.new_account.above) &&
    sender.createdAt + milliseconds(rules.new_account.younger_than) > now;
  const shared_fingerprint = () =>
    recipient?.fingerprints.some((mark) => sender.fingerprints.includes(mark)) === true;
  const fan_in = () => {
    if (recipient === undefined || recipient.kind === 'organisation') return false;
    const senders = gifts
      .filter((gift) => gift.to === recipient.id && lives(gift) && within(gift, rules.fan_in.within))
      .map((gift) => gift.from);
    return new Set([...senders, sender.id]).size > rules.fan_in.senders;
  };
  const fan_out = () => {
    const others = sent
      .filter((gift) => within(gift, rules.fan_out.within))
      .map((gift) => gift.to ?? gift.email ?? '')
      .filter((key) => !recipientKeys.includes(key));
    return new Set(others).size + 1 > rules.fan_out.recipients;
  };
  const circle = () => {
    if (recipient === undefined) return false;
    const recent = gifts.filter((gift) => lives(gift) && within(gift, rules.circle.within));
    const given = (from: string, to: string | null) =>
      recent.some((gift) => gift.from === from && gift.to === to);
    return recent.some(
      (back) => back.to === sender.id && (back.from === recipient.id || given(recipient.id, back.from)),
    );
  };

  let caught: ScreeningRule | undefined;
  const tests = { velocity, new_account, shared_fingerprint, fan_in, fan_out, circle };
  for (const [rule, isCaught] of Object.entries(tests) as [ScreeningRule, () => boolean][]) {
    const before = caught === undefined ? 'allow' : rules[caught].verdict;
    if (STRENGTH[rules[rule].verdict] > STRENGTH[before] && isCaught()) caught = rule;
  }
  return caught;
}

const day = (time: number) => new Date(time).toISOString().slice(0, 10);
const month = (time: number) => new Date(time).toISOString().slice(0, 7);

/** Which limit one more gift of this amount would break. */
export function limitReached(
  gifts: readonly ModelGift[],
  sender: string,
  payer: string,
  amount: bigint,
  now: number,
  policy: GiftPolicy,
): string | undefined {
  const sent = gifts.filter((gift) => gift.from === sender && lives(gift));
  const ofMonth = sent.filter((gift) => month(gift.createdAt) === month(now));
  const ofDay = ofMonth.filter((gift) => day(gift.createdAt) === day(now));
  const promotional = ofMonth.filter((gift) => gift.payer === PROMOTIONAL_BUDGET);
  const sum = (some: ModelGift[]) => some.reduce((total, gift) => total + gift.amount, 0n);
  const { per_day, per_month } = policy.limits;
  const quota = policy.promotional_quota;
  const periods = [
    ['per_day', ofDay, per_day],
    ['per_month', ofMonth, per_month],
    ...(payer === PROMOTIONAL_BUDGET ? ([['promotional', promotional, quota]] as const) : []),
  ] as const;
  for (const [name, counted, limit] of periods) {
    if (counted.length >= limit.count) return `${name}_count`;
    if (sum(counted) + amount > micro(limit.amount)) return `${name}_amount`;
  }
  return undefined;
}
