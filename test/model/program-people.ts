/** The accounts of a scenario: each is peculiar in one way. */
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import { type BillingDay, firstBillingDay, moveBillingDay } from '../../src/domain/billing-month.ts';

/** What may change of a person that time asks for later. */
type PersonState = { until: number; status: ModelPerson['status']; autoRedeem: boolean };

/** As they were at a moment. */
export function personAt(person: ModelPerson, at: number): Pick<ModelPerson, 'status' | 'autoRedeem'> {
  return person.states.find(({ until }) => until > at) ?? person;
}

export type ModelPerson = {
  id: string;
  /** By which campaigns know who came before them. */
  number: number;
  plan: string;
  kind: 'person' | 'organisation';
  status: 'active' | 'frozen' | 'closed';
  email: string | null;
  marks: string[];
  /** The last is the day that was asked for last. */
  billingDays: BillingDay[];
  createdAt: number;
  autoRedeem: boolean;
  /** What they were before, the first first. */
  states: PersonState[];
  logins: number[];
  prompts: Map<string, number>;
};

const OLD = '2025-06-30T00:00:00.000Z';

/** The first two invite most. Ann and dan share a card, ann and eve a device; flo has ann's address. */
export const PROGRAM_PEOPLE: readonly (AccountPut & { id: string })[] = [
  { id: 'ann', plan: 'plus', billing_day: 1, email: 'ann@example.com', fingerprints: ['card:one', 'two'] },
  { id: 'bob', plan: 'plus', billing_day: 31 },
  { id: 'cleo', plan: 'pro', billing_day: 15, auto_redeem: true },
  { id: 'dan', plan: 'plus', fingerprints: ['card:one'] },
  { id: 'eve', plan: 'free', fingerprints: ['two', 'three'] },
  { id: 'flo', plan: 'plus', email: 'ann@example.com', auto_redeem: true },
  { id: 'org', plan: 'business', kind: 'organisation' },
].map(
  (person) => ({ created_at: OLD, use_credits: 'off' as const, ...person }) as AccountPut & { id: string },
);

/** A person as `put` changes or makes them. `countedIn` is when the latest month begins in which they have a reward or a raise. */
export function putPerson(
  before: ModelPerson | undefined,
  id: string,
  put: AccountPut,
  number: number,
  now: number,
  countedIn: number,
): ModelPerson {
  const createdAt = put.created_at === undefined ? (before?.createdAt ?? now) : Date.parse(put.created_at);
  const days = before?.billingDays ?? firstBillingDay(put.billing_day ?? new Date(createdAt).getUTCDate());
  const day = put.billing_day ?? days.at(-1)?.day ?? 1;
  const billingDays = day === days.at(-1)?.day ? days : moveBillingDay(days, day, now, countedIn);
  return {
    id,
    number: before?.number ?? number,
    plan: put.plan,
    kind: put.kind ?? before?.kind ?? 'person',
    status: put.status ?? before?.status ?? 'active',
    email: put.email === undefined ? (before?.email ?? null) : put.email,
    marks: put.fingerprints ?? before?.marks ?? [],
    billingDays,
    createdAt,
    autoRedeem: put.auto_redeem ?? before?.autoRedeem ?? false,
    states:
      before === undefined
        ? []
        : [...before.states, { until: now, status: before.status, autoRedeem: before.autoRedeem }],
    logins: before?.logins ?? [],
    prompts: before?.prompts ?? new Map(),
  };
}
