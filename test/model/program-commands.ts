/** Random sequences of what people, operators and time do to referrals, resets and campaigns. Names are numbers, taken modulo. */

import fc from 'fast-check';
import type { Friend, ProgramCommand } from './program-command.ts';
import { phrases } from './program-phrases.ts';
import { type Choice, choices, DAY, HOUR } from './program-rules.ts';

const nth = fc.nat(1_000);
/** Mostly the first ones, so that places, months and windows fill up. Beyond the seventh: friends who came. */
const who = fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10);
const referrer = fc.constantFrom(0, 0, 0, 0, 1, 1, 2);
const program = fc.constantFrom('forfeits', 'defers', 'defers');
/** True once in so many times. */
const onceIn = (times: number) => fc.nat(times - 1).map((n) => n === times - 1);
/** Before the present, on the borders that matter and off them. */
const shift = fc.constantFrom(
  ...[0, 0, 1, HOUR - 1, HOUR, HOUR + 1, 3 * DAY, 62 * DAY - 1, 62 * DAY, 62 * DAY + 1, 63 * DAY].map(
    (ms) => -ms,
  ),
);
const is = <T extends string>(value: T) => fc.constant(value);

const command: fc.Arbitrary<ProgramCommand> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: is('friend'),
      who: referrer,
      program,
      friend: fc.constantFrom<Friend>(
        ...Array<Friend>(4).fill('new'),
        ...Array<Friend>(3).fill('dormant'),
        'active',
        'recent login',
        'reported late',
      ),
      days: fc.constantFrom(62 * DAY + 1, 62 * DAY + 1, 63 * DAY, 62 * DAY, 62 * DAY - 1),
      prompts: fc.constantFrom(0, 1, 2, 3, 3, 3),
      reward: onceIn(4).map((no) => !no),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: is('invite'), who, program, to: fc.nat(9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: is('link'),
      referral: nth,
      who,
      late: fc.option(fc.constantFrom(-1, 0, 1, HOUR, DAY), { freq: 3 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: is('activity'),
      who: fc.nat(12),
      kind: fc.constantFrom('login', 'prompt', 'prompt'),
      id: fc.nat(9),
      shift,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('reward'), referral: nth }) },
  { weight: 3, arbitrary: fc.record({ do: is('reward all') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('cancel', 'claw back'), referral: nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('raise'),
      who: referrer,
      program,
      months: fc.constantFrom(0, 0, 0, 1, -1),
      cap: fc.constantFrom(1, 2, 3, 4, 5),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: is('bank'), who, count: fc.constantFrom(1, 1, 2, 3) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: is('use'),
      who,
      units: fc.constantFrom('0.000001', '1', '3', '5', '5'),
      late: fc.constantFrom(...Array<number>(8).fill(0), 1, HOUR, 5 * HOUR, DAY),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('spend'),
      who,
      count: fc.constantFrom(0, 1, 2),
      units: fc.constantFrom('1', '3', '5'),
      chosen: fc.boolean(),
      again: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: is('redeem'),
      who,
      reset: fc.option(nth),
      dry_run: onceIn(5),
      again: fc.option(nth, { freq: 5 }),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: is('give'), from: who, to: who, reset: nth }) },
  { weight: 3, arbitrary: fc.record({ do: is('cancel gift'), gift: nth }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('settle', 'sweep') }) },
  { weight: 4, arbitrary: fc.record({ do: is('one sweep'), which: nth }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: is('campaign'),
      kind: fc.constantFrom('grant_reset', 'reset_windows', 'reset_windows'),
      plans: fc.option(fc.constantFrom<('plus' | 'pro' | 'free')[]>(['plus'], ['pro', 'free'])),
      ongoing: fc.boolean(),
      run: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: is('page'), campaign: nth, size: fc.constantFrom(1, 3, 100) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('act on campaign'),
      campaign: nth,
      action: fc.constantFrom('pause', 'resume', 'resume', 'cancel'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: is('status'),
      who,
      status: fc.constantFrom(
        'active',
        'active',
        'active',
        'active',
        'active',
        'frozen',
        'frozen',
        'frozen',
        'closed',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('change'),
      who,
      what: fc.constantFrom('billing_day', 'billing_day', 'plan', 'auto_redeem'),
      value: fc.nat(30),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: is('repeat'), which: nth, changed: onceIn(4) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: is('wait'),
      for: fc.constantFrom(
        1,
        HOUR,
        5 * HOUR,
        DAY,
        7 * DAY,
        31 * DAY,
        ...Array<'next moment'>(9).fill('next moment'),
      ),
      off: fc.constantFrom(-1, 0, 0, 0, 1),
    }),
  },
);

/** Now and then a few commands that belong together, for what chance alone would seldom bring about. */
const phrase = (plain: number): fc.Arbitrary<ProgramCommand[]> =>
  fc.oneof(
    { weight: plain, arbitrary: command.map((one) => [one]) },
    {
      weight: 1,
      arbitrary: fc.tuple(referrer, who, program).chain(([by, to, into]) => phrases(by, to, into)),
    },
  );

export type ProgramScenario = { choice: Choice; commands: ProgramCommand[] };

/** @param length `plain`: so many commands alone for each phrase */
export function programScenarios(length: {
  least: number;
  most: number;
  plain?: number;
}): fc.Arbitrary<ProgramScenario> {
  return fc.record({
    choice: choices,
    commands: fc
      .array(phrase(length.plain ?? 12), { minLength: length.least, maxLength: length.most, size: 'max' })
      .map((phrases) => phrases.flat()),
  });
}
