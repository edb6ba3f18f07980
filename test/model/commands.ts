/** Random sequences of what can be done to a ledger. Accounts and gifts are named by numbers, taken modulo. */
import fc from 'fast-check';
import type { GiftAction } from '../../src/domain/gift-status.ts';
import type { LotSource } from '../../src/domain/lot.ts';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import type { Verdict } from '../../src/domain/screening-rules.ts';
import { policyWith } from '../support/test-ledger.ts';
import { MODEL_RULES, screeningOf } from './model-screening.ts';

export type Command =
  | { do: 'grant'; who: number; amount: string; source: LotSource; hours: number | null; giftable: boolean }
  | { do: 'give'; from: number; to: number; byEmail: boolean; amount: string; promotional: boolean }
  | { do: 'act'; action: Exclude<GiftAction, 'claim'>; gift: number }
  | { do: 'claim'; gift: number; who: number; forged: boolean }
  /** Sends an earlier request again, or another under its key. */
  | { do: 'repeat'; which: number; changed: boolean }
  | { do: 'advance'; gift: number | 'all' }
  | { do: 'wait'; for: number | 'deadline' | 'almost deadline' }
  | { do: 'expire' }
  | { do: 'status'; who: number; status: 'active' | 'frozen' | 'closed' }
  | { do: 'policy'; which: number };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const small = fc.nat(1_000);
/** The peculiar ones, last in the list, less often: most of what they ask is refused. */
const account = fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6);
const amount = fc.constantFrom('1', '1', '5', '5', '5', '12.5', '12.5', '20', '33.333333', '60', '0.5', '61');
/** True once in so many times. */
const onceIn = (times: number) => fc.nat(times - 1).map((n) => n === times - 1);

const hours: fc.Arbitrary<number | null> = fc.option(fc.constantFrom(1, 20, 30, 24 * 10));
const grant: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('grant'),
  who: account,
  amount: fc.constantFrom('10', '25', '100'),
  source: fc.constantFrom<LotSource>('promotional', 'earned', 'gifted', 'purchased'),
  hours,
  giftable: onceIn(4).map((no) => !no),
});

/** Mostly to somebody else. */
const give: fc.Arbitrary<Command> = fc
  .record({
    from: account,
    other: fc.nat(19),
    byEmail: onceIn(4),
    amount,
    promotional: onceIn(7),
  })
  .map(({ from, other, ...rest }) => ({
    do: 'give',
    from,
    to: from + (other % 6) + (other === 19 ? 0 : 1),
    ...rest,
  }));

const act: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('act'),
  action: fc.constantFrom('cancel', 'hold', 'hold', 'release', 'release', 'reject', 'reverse', 'reverse'),
  gift: small,
});

const claim: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('claim'),
  gift: small,
  who: account,
  forged: onceIn(6),
});

const wait: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('wait'),
  for: fc.constantFrom(
    1,
    HOUR,
    5 * HOUR,
    DAY,
    15 * DAY,
    'deadline' as const,
    'deadline' as const,
    'deadline' as const,
    'almost deadline' as const,
  ),
});

const status: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('status'),
  who: account,
  status: fc.constantFrom('active', 'active', 'active', 'frozen', 'frozen', 'closed'),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: grant },
  { weight: 16, arbitrary: give },
  { weight: 10, arbitrary: act },
  { weight: 6, arbitrary: claim },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('repeat' as const), which: small, changed: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), gift: small }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('advance' as const), gift: fc.constant('all' as const) }),
  },
  { weight: 8, arbitrary: wait },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
  { weight: 4, arbitrary: status },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('policy' as const), which: small }) },
);

const verdict = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Verdict>('allow') },
  { weight: 2, arbitrary: fc.constant<Verdict>('hold') },
  { weight: 1, arbitrary: fc.constant<Verdict>('deny') },
);

/** Policies with numbers so small that everything is reached within a few steps. */
const policy: fc.Arbitrary<VersionedPolicy> = fc
  .record({
    regift: fc.boolean(),
    identity_required: fc.boolean(),
    recipient_must_be_new: onceIn(8),
    settlement: fc.constantFrom('PT24H', 'PT1H', 'PT0S'),
    gifted_credits_valid_for: fc.constantFrom('P60D', 'P1D'),
    hold_at_most: fc.constantFrom('P14D', 'PT5H'),
    screening: fc.record(Object.fromEntries(MODEL_RULES.map((rule) => [rule, verdict]))),
  })
  .map(({ screening, ...rest }) =>
    policyWith({
      gifts: {
        ...rest,
        min: '1',
        max: '60',
        limits: { per_day: { count: 4, amount: '120' }, per_month: { count: 9, amount: '250' } },
        promotional_quota: { count: 2, amount: '60' },
        screening: screeningOf(screening),
      },
    }),
  );

/** Policies to use in turn, the first at the start, and what is done under them. */
export type Scenario = { policies: VersionedPolicy[]; commands: Command[] };

export function scenarios(length: { least: number; most: number }): fc.Arbitrary<Scenario> {
  return fc.record({
    policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
    commands: fc.array(command, { minLength: length.least, maxLength: length.most, size: 'max' }),
  });
}
