/** Processes read the server's clock, and the ledger lives by the test's: this interceptor is between the two. */
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { GiftStanding } from '../contracts/gifts/gift.ts';
import type { TestClock } from './test-clock.ts';

/**
 * How workflow code writes its present (`new Date().toISOString()`): alone in an activity's arguments, or as `at` in
 * one. No id has this form. The other moments that are passed, as in a sweep's `before`, are distances from the present
 * of some minutes; seconds more or less change nothing there.
 */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Clock = Pick<TestClock, 'momentOf'>;

export type ProcessTime = {
  interceptor: ActivityInterceptorsFactory;
  /** Gifts whose process was woken before the test's clock had reached their deadline: it has gone to sleep again. */
  wokenEarly: ReadonlySet<string>;
};

/** Has activities take place in the test's present, whatever the process that asks for them takes for its own. */
export function processTime(clock: Clock): ProcessTime {
  const wokenEarly = new Set<string>();
  const interceptor: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const answer = await next({ ...input, args: input.args.map((arg) => inTestTime(arg, clock)) });
        if (info.activityType === 'advanceGift') {
          const [gift, told] = input.args as [string, string];
          const { deadline } = answer as GiftStanding;
          if (deadline && Date.parse(deadline) <= Date.parse(told)) wokenEarly.add(gift);
          else wokenEarly.delete(gift);
        }
        return answer;
      },
    },
  });
  return { interceptor, wokenEarly };
}

function inTestTime(arg: unknown, clock: Clock): unknown {
  if (typeof arg === 'string' && INSTANT.test(arg)) return clock.momentOf(arg);
  if (!saysWhen(arg)) return arg;
  return { ...arg, at: clock.momentOf(arg.at) };
}

function saysWhen(arg: unknown): arg is { at: string } {
  const { at } = (arg ?? {}) as { at?: unknown };
  return typeof at === 'string' && INSTANT.test(at);
}
