/**
 * The screening rules (G10). Each catches one pattern and has its own reason code: its name here. A rule stands here with its
 * numbers and what Boon ships with; types, schema, reasons and what the database keeps follow from it. What it looks at is in
 * `src/ledger/gifts/sql/screening.sql`.
 */
import type { Credits } from './credits.ts';

/** What a screening rule says of a gift that it catches; `allow` switches the rule off. */
export type Verdict = 'allow' | 'hold' | 'deny';

/** The kinds of number that a rule has. `few` is a count of what the ledger looks at a thousand of, at most. */
type Kinds = { count: number; few: number; duration: string; credits: Credits };
export type NumberKind = keyof Kinds;
type RuleNumber<Kind extends NumberKind = NumberKind> = { kind: Kind; shipped: Kinds[Kind] };
const count = (shipped: number): RuleNumber<'count'> => ({ kind: 'count', shipped });
const few = (shipped: number): RuleNumber<'few'> => ({ kind: 'few', shipped });
const duration = (shipped: string): RuleNumber<'duration'> => ({ kind: 'duration', shipped });
const credits = (shipped: Credits): RuleNumber<'credits'> => ({ kind: 'credits', shipped });

/** Every rule: its verdict in the shipped policy, and its numbers. */
export const SCREENING_RULES = {
  /** More than `gifts` gifts sent within `within`. */
  velocity: { verdict: 'hold', numbers: { gifts: count(5), within: duration('PT1H') } },
  /** A sender younger than `younger_than` gives `above` credits or more. */
  new_account: { verdict: 'hold', numbers: { younger_than: duration('P30D'), above: credits('500') } },
  /** Sender and recipient share a device, card or other fingerprint. */
  shared_fingerprint: { verdict: 'hold', numbers: {} },
  /** One recipient receives from more than `senders` different senders within `within` (resale). */
  fan_in: { verdict: 'hold', numbers: { senders: few(10), within: duration('P7D') } },
  /** One sender gives to more than `recipients` different recipients within `within` (resale). */
  fan_out: { verdict: 'hold', numbers: { recipients: few(8), within: duration('P1D') } },
  /** Credits come back to their sender directly or through one other account within `within`. */
  circle: { verdict: 'hold', numbers: { within: duration('P30D') } },
} as const satisfies Record<string, { verdict: Verdict; numbers: Record<string, RuleNumber> }>;

export type ScreeningRule = keyof typeof SCREENING_RULES;
export const SCREENING_RULE_NAMES = Object.keys(SCREENING_RULES) as ScreeningRule[];

type NumbersOf<Rule extends ScreeningRule> = (typeof SCREENING_RULES)[Rule]['numbers'];
type ValueOf<Entry> = Entry extends RuleNumber<infer Kind> ? Kinds[Kind] : never;

/** The policy of screening: of each rule its verdict and its numbers. */
export type ScreeningPolicy = {
  [Rule in ScreeningRule]: { verdict: Verdict } & {
    [Name in keyof NumbersOf<Rule>]: ValueOf<NumbersOf<Rule>[Name]>;
  };
};

/** What Boon ships with. */
export const SHIPPED_SCREENING = Object.fromEntries(
  Object.entries(SCREENING_RULES).map(([rule, { verdict, numbers }]) => [
    rule,
    { verdict, ...Object.fromEntries(Object.entries(numbers).map(([name, { shipped }]) => [name, shipped])) },
  ]),
) as ScreeningPolicy;
