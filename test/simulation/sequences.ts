/** What seldom comes together by chance, done in a row: each of these was a fault once. */
import type { Command } from '../model/commands.ts';
import type { UsageCommand } from '../model/usage-commands.ts';
import type { MoneyCommand } from './money-commands.ts';
import type { PartName } from './part.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The last one of them. */
const LAST = -1;

const gift = { do: 'give', from: 0, to: 1, promotional: false } as const;
const lot = { do: 'grant', who: 0, source: 'purchased', hours: 1, giftable: true } as const;

const GIFTS: readonly (readonly Command[])[] = [
  // A lot expires while it is given away, comes back for some days, and expires in the same way again.
  [
    { ...lot, amount: '25' },
    { ...gift, byEmail: true, amount: '20' },
    { do: 'wait', for: 15 * DAY },
    { do: 'advance', gift: 'all' },
    { ...gift, byEmail: true, amount: '20' },
    { do: 'wait', for: 15 * DAY },
    { do: 'advance', gift: 'all' },
  ],
  // A lot expires in the moment in which its gift is settled.
  [
    { ...lot, amount: '10' },
    { ...gift, byEmail: false, amount: '5' },
    { do: 'wait', for: HOUR },
    { do: 'advance', gift: 'all' },
  ],
];

const buy = { do: 'buy', who: 0, package: 'odd', pays: 'at once' } as const;
const spend = { do: 'use', who: 0, units: 90, late: 0 } as const;
const back = { do: 'refunded', which: LAST } as const;
const consent = { do: 'consent', who: 1, on: true } as const;
const topUp = { do: 'top up', paid: true } as const;
const dispute = { do: 'dispute', which: LAST, share: 300 } as const;

const MONEY: readonly (readonly MoneyCommand[])[] = [
  // What was spent is owed, something else pays for it, and the money comes again.
  [
    buy,
    { ...spend, units: 85 },
    spend,
    { ...dispute, status: 'open' },
    { do: 'grant', who: 0, amount: 120, days: null },
    { ...dispute, status: 'won' },
  ],
  [
    buy,
    spend,
    { do: 'ask', which: LAST, share: 300, spent: true },
    { do: 'grant', who: 0, amount: 120, days: 20 },
    { do: 'answer', which: LAST, status: 'failed' },
  ],
  // What is left of it expires, and then its money goes back by and by.
  [
    { ...buy, who: 2 },
    { ...spend, who: 2, units: 60 },
    { do: 'wait', ms: 31 * DAY },
    { do: 'wait', ms: 14 * DAY },
    { ...back, share: 100 },
    { ...back, share: 300 },
  ],
  // A reset is given away while its money goes back, and comes back itself.
  [
    { ...buy, package: 'reset-5' },
    { do: 'give reset', who: 0, to: 0, which: 0 },
    { ...back, share: 2_000 },
    { do: 'act', which: LAST, action: 'cancel' },
  ],
  [
    { ...buy, package: 'reset-5' },
    { do: 'give reset', who: 0, to: 0, which: 0 },
    { do: 'wait', ms: DAY },
    { do: 'advance' },
    { ...back, share: 2_000 },
    { do: 'act', which: LAST, action: 'reverse' },
  ],
  // What is given away is owed, and comes back.
  [
    buy,
    { do: 'give', who: 0, to: 0, amount: 60, mail: false },
    { do: 'wait', ms: DAY },
    { do: 'advance' },
    { ...back, share: 300 },
    { do: 'act', which: LAST, action: 'reverse' },
  ],
  // What is given away comes back to somebody who owes for something else.
  [
    buy,
    buy,
    { do: 'give', who: 0, to: 0, amount: 60, mail: false },
    spend,
    { do: 'ask', which: LAST, share: 300, spent: true },
    { do: 'wait', ms: HOUR },
    { do: 'act', which: LAST, action: 'cancel' },
  ],
  // A reset is used, its money goes back, and it comes back for a reset of everybody's windows.
  [
    { ...buy, package: 'reset-5' },
    { ...spend, units: 1 },
    { do: 'redeem', who: 0 },
    { ...back, share: 2_000 },
    { do: 'campaign', kind: 'windows' },
  ],
  // A refund is refused for another that then fails, and asked for again.
  [
    buy,
    { do: 'ask', which: LAST, share: 199, spent: true },
    { do: 'ask', which: LAST, share: 300, spent: true },
    { do: 'answer', which: LAST, status: 'failed' },
    { do: 'ask again', which: LAST },
  ],
  // Top-ups until no more are agreed to, one of which is given back.
  [{ ...buy, who: 1 }, consent, topUp, topUp, topUp],
  [{ ...buy, who: 1 }, consent, topUp, { ...back, share: 300 }, topUp, consent, topUp, topUp],
];

const USAGE: readonly (readonly UsageCommand[])[] = [
  // A use is told after a lot came that was not there then.
  [
    { do: 'use', wait: 0, product: 'codex', millionths: 4_000_000, late: 0, agreed: true },
    { do: 'use', wait: 0, product: 'codex', millionths: 5_000_000, late: 0, agreed: true },
    { do: 'use', wait: 0, product: 'codex', millionths: 1_000_000, late: 0, agreed: true },
    {
      do: 'grant',
      wait: HOUR,
      toPool: false,
      source: 'purchased',
      credits: 2,
      expires: null,
      products: null,
    },
    { do: 'use', wait: 0, product: 'codex', millionths: 1_000_000, late: HOUR, agreed: true },
  ],
];

export const SEQUENCES: Readonly<Record<PartName, readonly (readonly { do: string }[])[]>> = {
  gifts: GIFTS,
  programs: [],
  usage: USAGE,
  money: MONEY,
};
