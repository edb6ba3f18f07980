/** Commands that belong together. Names are numbers, as in `program-commands.ts`. */
import fc from 'fast-check';
import type { ProgramCommand } from './program-command.ts';
import { DAY, HOUR } from './program-rules.ts';

type Phrase = fc.Arbitrary<ProgramCommand[]>;

/** @param by who invites, spends and gives; `to` to whom; `into` a program */
export function phrases(by: number, to: number, into: string): Phrase {
  return fc.oneof(
    fc.constantFrom(2, 5).chain(lastMoment),
    fc.constantFrom(2, 2, 5).chain(lateRun),
    uselessReset(by),
    lateReturn(by, to),
    gift(by, to),
    givenOn(by, to),
    fullMonth(by, into),
    frozenWhileItWaits(by),
    interruptedCampaign(by),
    toldLate(by, into),
  );
}

const wait = (ms: number): ProgramCommand => ({ do: 'wait', for: ms, off: 0 });
const status = (who: number, to: 'active' | 'frozen'): ProgramCommand => ({ do: 'status', who, status: to });
const onceIn = (times: number) => fc.nat(times - 1).map((n) => n === times - 1);

/** Something is used when a reset is about to expire, or has just expired. */
function lastMoment(by: number): Phrase {
  return fc
    .tuple(fc.constantFrom(-600_001, -600_000, -1, 0), fc.constantFrom(0, 600_000, DAY))
    .map(([off, late]) => [
      { do: 'bank', who: by, count: 2 },
      { do: 'wait', for: 'expiry', off },
      { do: 'use', who: by, units: '3' },
      { do: 'wait', for: late, off: 0 },
      { do: 'sweep' },
    ]);
}

/** A reset is redeemed about a day before the week ends by itself, or everybody's windows are reset. */
function uselessReset(by: number): Phrase {
  const spend: ProgramCommand = { do: 'spend', who: by, count: 1, units: '1', chosen: false, again: false };
  const campaign: ProgramCommand = {
    do: 'campaign',
    kind: 'reset_windows',
    plans: null,
    ongoing: false,
    run: true,
  };
  const moment = fc.constantFrom(6 * DAY - 1, 6 * DAY, 7 * DAY - 1);
  const weekEnds = moment.map((ms): ProgramCommand[] => [
    { do: 'wait', for: 8 * DAY, off: 0 },
    { do: 'use', who: by, units: '1' },
    { do: 'wait', for: ms, off: 0 },
    spend,
    { do: 'wait', for: 'next moment', off: 0 },
    { do: 'wait', for: DAY, off: 0 },
    { do: 'sweep' },
  ]);
  const everybody = fc
    .constantFrom(0, DAY - 1, DAY, DAY + 1)
    .map((ms): ProgramCommand[] => [spend, { do: 'wait', for: ms, off: 0 }, campaign]);
  return fc.oneof(weekEnds, everybody);
}

function gift(from: number, to: number): Phrase {
  return fc
    .record({ off: fc.constantFrom(-1, 0, 1), frozen: onceIn(3), cancel: onceIn(4) })
    .map(({ off, frozen, cancel }) => {
      const freeze: ProgramCommand = { do: 'status', who: to, status: 'frozen' };
      const thaw: ProgramCommand = { do: 'status', who: to, status: 'active' };
      return [
        { do: 'bank', who: from, count: 1 },
        { do: 'give', from, to, reset: 0 },
        ...(frozen ? [freeze] : []),
        { do: 'wait', for: DAY + off, off: 0 },
        ...(cancel ? [{ do: 'cancel gift' as const, gift: 1 }] : []),
        { do: 'settle' },
        ...(frozen ? [thaw] : []),
      ];
    });
}

/** More friends than a month has rewards; then its cap is raised, or the next month begins. */
function fullMonth(by: number, into: string): Phrase {
  const one: ProgramCommand = {
    do: 'friend',
    who: by,
    program: into,
    friend: 'new',
    days: 0,
    prompts: 3,
    reward: true,
  };
  return fc
    .record({ friends: fc.constantFrom(2, 3, 4), raise: fc.boolean(), cap: fc.constantFrom(3, 4, 5) })
    .map((chosen) => [
      ...Array<ProgramCommand>(chosen.friends).fill(one),
      chosen.raise
        ? { do: 'raise', who: by, program: into, months: 0, cap: chosen.cap }
        : { do: 'wait', for: 31 * DAY, off: 0 },
      { do: 'reward all' },
    ]);
}

/** Automatic redemption runs hours late: of what is used some is from before the expiry, some from after it, and the account may change. */
function lateRun(by: number): Phrase {
  return fc
    .record({
      before: fc.constantFrom(1, HOUR, 4 * HOUR, 6 * HOUR),
      early: onceIn(4),
      after: fc.constantFrom(0, 1, HOUR, 6 * HOUR),
      late: fc.constantFrom(0, HOUR, 5 * HOUR, 2 * DAY),
      change: fc.constantFrom('nothing', 'nothing', 'frozen', 'auto_redeem'),
      first: fc.nat(4),
    })
    .map(({ before, early, after, late, change, first }): ProgramCommand[] => [
      { do: 'change', who: by, what: 'auto_redeem', value: 0 },
      { do: 'bank', who: by, count: 1 },
      { do: 'wait', for: 'expiry', off: -before },
      ...(early ? [] : [{ do: 'use' as const, who: by, units: '3' }]),
      wait(before + after),
      { do: 'use', who: by, units: '1' },
      ...(change === 'frozen' ? [status(by, 'frozen')] : []),
      ...(change === 'auto_redeem'
        ? [{ do: 'change' as const, who: by, what: change, value: 1 } as const]
        : []),
      wait(late),
      { do: 'one sweep', which: first },
      { do: 'use', who: by, units: '1' },
      { do: 'sweep' },
      status(by, 'active'),
    ]);
}

/** A reset that comes back is posted late; then it is used, reminded of, and given on. */
function lateReturn(by: number, to: number): Phrase {
  return fc
    .record({
      redeemed: fc.constantFrom(1, HOUR, DAY),
      late: fc.constantFrom(0, 0, 1, 3 * HOUR, DAY, 3 * DAY),
      next: fc.constantFrom('give', 'use', 'wait'),
    })
    .map(({ redeemed, late, next }): ProgramCommand[] => [
      wait(8 * DAY),
      { do: 'bank', who: by, count: 1 },
      { do: 'use', who: by, units: '1' },
      // However long resets are good for, one has its end near that of the week.
      wait(7 * DAY - 36 * HOUR),
      { do: 'bank', who: by, count: 1 },
      wait(36 * HOUR - redeemed),
      { do: 'spend', who: by, count: 0, units: '1', chosen: false, again: false },
      wait(redeemed + late),
      { do: 'sweep' },
      ...(next === 'give' ? [{ do: 'give' as const, from: by, to, reset: 0 }] : []),
      ...(next === 'use'
        ? [{ do: 'spend' as const, who: by, count: 0, units: '1', chosen: false, again: true }]
        : []),
      wait(DAY),
      { do: 'settle' },
      { do: 'sweep' },
    ]);
}

/** A reset that was given is redeemed just before the week ends, comes back, and is to be given on. */
function givenOn(from: number, other: number): Phrase {
  const to = other === from ? from + 1 : other;
  return fc
    .constantFrom(0, HOUR, 12 * HOUR)
    .map((off): ProgramCommand[] => [
      wait(8 * DAY),
      { do: 'use', who: to, units: '1' },
      wait(5 * DAY),
      { do: 'bank', who: from, count: 1 },
      { do: 'give', from, to, reset: 0 },
      wait(DAY + off),
      { do: 'settle' },
      { do: 'use', who: to, units: '1' },
      { do: 'redeem', who: to, reset: 0, dry_run: false, again: null },
      wait(DAY),
      { do: 'sweep' },
      { do: 'give', from: to, to: from, reset: 0 },
    ]);
}

/** Rewards wait for the next month, and whom they are for is frozen as it begins. */
function frozenWhileItWaits(by: number): Phrase {
  return fc
    .record({ frozen: fc.constantFrom(HOUR, DAY, 40 * DAY), early: fc.boolean() })
    .chain(({ frozen, early }) =>
      fullMonth(by, 'defers').map((month): ProgramCommand[] => [
        ...month.slice(0, -2),
        ...(early ? [status(by, 'frozen'), wait(31 * DAY)] : [wait(31 * DAY), status(by, 'frozen')]),
        { do: 'reward all' },
        wait(frozen),
        status(by, 'active'),
        { do: 'reward all' },
        { do: 'sweep' },
      ]),
    );
}

/** A campaign is paused or canceled between its pages, and goes on. */
function interruptedCampaign(by: number): Phrase {
  const act = (action: 'pause' | 'resume' | 'cancel'): ProgramCommand => ({
    do: 'act on campaign',
    campaign: 0,
    action,
  });
  const page = (size: number): ProgramCommand => ({ do: 'page', campaign: 0, size });
  return fc
    .record({
      kind: fc.constantFrom('grant_reset' as const, 'reset_windows' as const),
      ongoing: fc.boolean(),
      pages: fc.constantFrom(0, 1, 2),
      action: fc.constantFrom('pause' as const, 'cancel' as const),
      resumed: onceIn(3).map((no) => !no),
    })
    .map(({ kind, ongoing, pages, action, resumed }): ProgramCommand[] => [
      { do: 'campaign', kind, plans: null, ongoing, run: false },
      ...Array<ProgramCommand>(pages).fill(page(3)),
      act(action),
      page(3),
      { do: 'change', who: by, what: 'plan', value: 1 },
      { do: 'use', who: by, units: '1' },
      ...(resumed ? [act('resume')] : []),
      page(100),
      act('cancel'),
    ]);
}

/** What a friend did, and the link, are told after the fact, with a sweep in between. */
function toldLate(by: number, into: string): Phrase {
  const ago = fc.constantFrom(0, 1, HOUR, DAY, 62 * DAY, 62 * DAY + 1);
  return fc
    .record({
      login: ago,
      link: fc.constantFrom(0, 1, HOUR, DAY),
      waits: fc.constantFrom(0, DAY, 30 * DAY),
      friend: fc.nat(12),
    })
    .map(({ login, link, waits, friend }): ProgramCommand[] => [
      {
        do: 'friend',
        who: by,
        program: into,
        friend: 'reported late',
        days: 62 * DAY + 1,
        prompts: 2,
        reward: false,
      },
      { do: 'invite', who: by, program: into, to: 9 },
      wait(waits),
      { do: 'one sweep', which: 3 },
      { do: 'activity', who: friend, kind: 'login', id: 0, shift: -login },
      { do: 'link', referral: 0, who: friend, late: link },
      { do: 'activity', who: friend, kind: 'prompt', id: 1, shift: -link },
      { do: 'reward all' },
    ]);
}
