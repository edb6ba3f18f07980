import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import {
  SCREENING_RULE_NAMES as RULES,
  type ScreeningRule as Rule,
  type ScreeningPolicy,
  type Verdict,
} from '../../../src/domain/screening-rules.ts';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import { act, available, claim, give, outcomes, refusal } from '../../support/gifts.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

/** Every rule with small numbers, switched off; a test switches its own on. */
const OFF: ScreeningPolicy = {
  velocity: { verdict: 'allow', gifts: 2, within: 'PT1H' },
  new_account: { verdict: 'allow', younger_than: 'P30D', above: '50' },
  shared_fingerprint: { verdict: 'allow' },
  fan_in: { verdict: 'allow', senders: 2, within: 'P7D' },
  fan_out: { verdict: 'allow', recipients: 2, within: 'P1D' },
  circle: { verdict: 'allow', within: 'P30D' },
};

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

/** From now on gifts are screened by these rules and no others. */
async function screenBy(rules: Partial<Record<Rule, Verdict>>): Promise<void> {
  const screening = Object.fromEntries(
    Object.entries(OFF).map(([rule, numbers]) => [
      rule,
      { ...numbers, verdict: rules[rule as Rule] ?? 'allow' },
    ]),
  );
  await own.ledger.usePolicy(policyWith({ gifts: { screening } }), START);
}

// Accounts of each test are its own: `a` is `a-17` in the seventeenth.
let tests = 0;
beforeEach(() => {
  tests += 1;
});
const id = (letter: string) => (letter.includes('@') ? letter : `${letter}-${tests}`);
async function people(letters: string, put: Parameters<typeof seedAccount>[2] = {}): Promise<void> {
  for (const letter of letters) await seedAccount(own.ledger, id(letter), { credits: '500', ...put });
}
/** `gift('ab')`: a gives b. */
function gift(pair: string, more: Partial<AcceptRequest> = {}): Promise<Gift> {
  return give(own.ledger, id(pair[0] ?? ''), id(pair.slice(1)), more);
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const change = (letter: string, put: object, when: string) =>
  own.ledger.putAccount(id(letter), { plan: 'plus', ...put }, when);

/** How to make a gift that one rule catches, and none that comes before it. */
const CAUGHT: Record<Rule, () => Promise<Gift>> = {
  velocity: async () => {
    await people('ab');
    await gift('ab');
    await gift('ab');
    return gift('ab');
  },
  new_account: async () => {
    await people('ab', { put: { created_at: at({ days: -10 }) } });
    return gift('ab', { amount: '50' });
  },
  shared_fingerprint: async () => {
    await people('a', { put: { fingerprints: ['card-1', `device-${tests}`] } });
    await people('b', { put: { fingerprints: [`DEVICE-${tests}`, 'card-2'] } });
    return gift('ab');
  },
  fan_in: async () => {
    await people('abcz');
    await gift('az');
    await gift('bz');
    return gift('cz');
  },
  fan_out: async () => {
    await people('axyz');
    await gift('ax');
    await gift('ay');
    return gift('az');
  },
  circle: async () => {
    await people('ab');
    await gift('ba');
    return gift('ab');
  },
};

describe('a gift that a rule catches at acceptance', () => {
  test.each(RULES)('is let through when %s says allow', async (rule) => {
    await screenBy({ [rule]: 'allow' });
    expect(await CAUGHT[rule]()).toMatchObject({ status: 'pending', reason_code: null });
  });

  test.each(RULES)('is held for 14 days when %s says hold', async (rule) => {
    await screenBy({ [rule]: 'hold' });
    const held = await CAUGHT[rule]();
    expect(held).toMatchObject({
      status: 'held',
      reason_code: rule,
      hold_ends_at: at({ days: 14 }),
      deadline: at({ days: 14 }),
    });
    expect(await own.ledger.findGift(held.id)).toEqual(held);
  });

  test.each(RULES)('is refused when %s says deny, and nothing moves', async (rule) => {
    await screenBy({ [rule]: 'deny' });
    await expect(CAUGHT[rule]()).rejects.toMatchObject(refusal('gift_denied', rule));
  });
});

describe('where the rules begin', () => {
  test('velocity: a gift exactly an hour ago no longer counts, one a millisecond later does', async () => {
    await screenBy({ velocity: 'hold' });
    await people('ab');
    await gift('ab');
    await gift('ab', { at: at({ ms: 1 }) });
    expect(await gift('ab', { at: at({ hours: 1 }) })).toMatchObject({ status: 'pending' });
    expect(await gift('ab', { at: at({ hours: 1 }) })).toMatchObject({ status: 'held' });
  });

  test('velocity: a gift that was refused does not count, one that was canceled does', async () => {
    await screenBy({ velocity: 'hold' });
    await people('ab');
    await act(own.ledger, await gift('ab'), 'cancel', START);
    await expect(gift('ab', { amount: '900' })).rejects.toMatchObject(refusal('insufficient_credits'));
    expect(await gift('ab')).toMatchObject({ status: 'pending' });
    expect(await gift('ab')).toMatchObject({ status: 'held' });
  });

  test('new account: a millionth less is not much, and at 30 days an account is not new', async () => {
    await screenBy({ new_account: 'hold' });
    await people('a', { put: { created_at: at({ days: -30, ms: 1 }) } });
    await people('b', { put: { created_at: at({ days: -30 }) } });
    expect(await gift('ab', { amount: '49.999999' })).toMatchObject({ status: 'pending' });
    expect(await gift('ab', { amount: '50' })).toMatchObject({ status: 'held' });
    expect(await gift('ba', { amount: '50' })).toMatchObject({ status: 'pending' });
  });

  test('new account: it is the sender’s age that counts, not the recipient’s', async () => {
    await screenBy({ new_account: 'hold' });
    await people('a');
    await people('b', { put: { created_at: START } });
    expect(await gift('ab', { amount: '100' })).toMatchObject({ status: 'pending' });
  });

  test('fan-in: the same sender again is not another one', async () => {
    await screenBy({ fan_in: 'hold' });
    await people('abz');
    for (const from of 'abab') expect(await gift(`${from}z`)).toMatchObject({ status: 'pending' });
  });

  test('fan-in: senders whose gifts came to nothing, or lie 7 days back, do not count', async () => {
    await screenBy({ fan_in: 'hold' });
    await people('abcdz');
    await gift('az');
    await act(own.ledger, await gift('bz', { at: at({ ms: 1 }) }), 'cancel', at({ days: 1 }));
    await gift('cz', { at: at({ ms: 1 }) });
    expect(await gift('dz', { at: at({ days: 7 }) })).toMatchObject({ status: 'pending' });
    expect(await gift('bz', { at: at({ days: 7 }) })).toMatchObject({ status: 'held' });
  });

  test('fan-in: an organisation is given to by many', async () => {
    await screenBy({ fan_in: 'deny' });
    await people('abcd');
    await people('o', { put: { kind: 'organisation' } });
    for (const from of 'abcd') expect(await gift(`${from}o`)).toMatchObject({ status: 'pending' });
  });

  test('fan-out: the same recipient again is not another one, an address is', async () => {
    await screenBy({ fan_out: 'hold' });
    await people('ab');
    await gift('ab');
    await gift('aFriend@example.com');
    expect(await gift('ab')).toMatchObject({ status: 'pending' });
    expect(await gift('afriend@EXAMPLE.com')).toMatchObject({ status: 'awaiting_claim' });
    expect(await gift('aother@example.com')).toMatchObject({ status: 'held', reason_code: 'fan_out' });
  });

  test('fan-out: recipients of a day ago no longer count', async () => {
    await screenBy({ fan_out: 'hold' });
    await people('axyz');
    await gift('ax');
    await gift('ay', { at: at({ ms: 1 }) });
    expect(await gift('az', { at: at({ days: 1 }) })).toMatchObject({ status: 'pending' });
    expect(await gift('ax', { at: at({ days: 1 }) })).toMatchObject({ status: 'held' });
  });

  test('circle: of two and of three is seen, of four is not', async () => {
    await screenBy({ circle: 'hold' });
    await people('abcd');
    await gift('ab');
    await gift('bc');
    expect(await gift('cd')).toMatchObject({ status: 'pending' });
    expect(await gift('da')).toMatchObject({ status: 'pending' });
    expect(await gift('ca')).toMatchObject({ status: 'held', reason_code: 'circle' });
    expect(await gift('ba')).toMatchObject({ status: 'held', reason_code: 'circle' });
  });

  test('circle: gifts that came to nothing, or lie 30 days back, do not close it', async () => {
    await screenBy({ circle: 'hold' });
    await people('abc');
    await gift('ba');
    await act(own.ledger, await gift('ca', { at: at({ days: 1 }) }), 'cancel', at({ days: 1 }));
    expect(await gift('ab', { at: at({ days: 30 }) })).toMatchObject({ status: 'pending' });
    expect(await gift('ac', { at: at({ days: 30 }) })).toMatchObject({ status: 'pending' });
  });

  test('a shared fingerprint is one in common; none on either side is not', async () => {
    await screenBy({ shared_fingerprint: 'hold' });
    await people('ab');
    await people('c', { put: { fingerprints: ['x', 'y'] } });
    expect(await gift('ab')).toMatchObject({ status: 'pending' });
    expect(await gift('ac')).toMatchObject({ status: 'pending' });
  });
});

describe('several rules at once', () => {
  test('the strongest verdict counts', async () => {
    await screenBy({ shared_fingerprint: 'hold', circle: 'deny' });
    await people('ab', { put: { fingerprints: ['one'] } });
    await gift('ba');
    await expect(gift('ab')).rejects.toMatchObject(refusal('gift_denied', 'circle'));
  });

  test('of equal ones the first is named', async () => {
    await screenBy({ shared_fingerprint: 'hold', circle: 'hold' });
    await people('ab', { put: { fingerprints: ['one'] } });
    await gift('ba');
    expect(await gift('ab')).toMatchObject({ status: 'held', reason_code: 'shared_fingerprint' });
  });

  test('refused gifts of one batch are judged as if they had come one after the other', async () => {
    await screenBy({ fan_out: 'deny', velocity: 'hold' });
    await people('axyz');
    const asked = ['ax', 'ay', 'az', 'ax', 'az', 'ay'].map((pair) => gift(pair));
    const { values, errors } = await outcomes(asked);
    expect(values.map(({ to, status }) => `${to} ${status}`)).toEqual([
      `${id('x')} pending`,
      `${id('y')} pending`,
      `${id('x')} held`,
      `${id('y')} held`,
    ]);
    expect(errors).toMatchObject([refusal('gift_denied', 'fan_out'), refusal('gift_denied', 'fan_out')]);
  });
});

/** What can come to light between acceptance and settlement, by the rule that sees it. */
const TURNED: Partial<Record<Rule, () => Promise<Gift>>> = {
  shared_fingerprint: async () => {
    await people('ab');
    const given = await gift('ab');
    for (const letter of 'ab')
      await change(letter, { fingerprints: [`seen-later-${tests}`] }, at({ hours: 1 }));
    return given;
  },
  fan_in: async () => {
    await people('abcz');
    const given = await gift('az');
    await gift('bz', { at: at({ ms: 1 }) });
    await screenBy({});
    await gift('cz', { at: at({ ms: 1 }) });
    return given;
  },
  fan_out: async () => {
    await people('axyz');
    const given = await gift('ax');
    await gift('ay', { at: at({ ms: 1 }) });
    await screenBy({});
    await gift('az', { at: at({ ms: 1 }) });
    return given;
  },
  circle: async () => {
    await people('ab');
    const given = await gift('ab');
    await screenBy({});
    await gift('ba', { at: at({ hours: 1 }) });
    return given;
  },
};
const TURNABLE = Object.keys(TURNED) as Rule[];
const turn = (rule: Rule) => TURNED[rule]?.() ?? Promise.reject(new Error(rule));

describe('a gift that is caught only at settlement', () => {
  test.each(TURNABLE)('settles when %s says allow', async (rule) => {
    await screenBy({ [rule]: 'allow' });
    const { id: gid } = await turn(rule);
    expect(await own.ledger.advanceGift(gid, at({ days: 1 }))).toMatchObject({ status: 'settled' });
  });

  test.each(TURNABLE)('is held when %s says hold, and goes back if nobody decides', async (rule) => {
    await screenBy({ [rule]: 'hold' });
    const { id: gid, from } = await turn(rule);
    expect(await own.ledger.advanceGift(gid, at({ days: 1 }))).toMatchObject({
      status: 'held',
      reason_code: rule,
      hold_ends_at: at({ days: 15 }),
    });
    const held = await own.ledger.advanceGift(gid, at({ days: 15, ms: -1 }));
    expect(held).toMatchObject({ status: 'held' });
    const ended = await own.ledger.advanceGift(gid, at({ days: 15 }));
    // The windows of fan-in and fan-out have passed by then: only what is still suspect goes back.
    if (rule === 'fan_in' || rule === 'fan_out') {
      expect(ended).toMatchObject({ status: 'settled', reason_code: null });
    } else {
      expect(ended).toMatchObject({ status: 'rejected', reason_code: rule, deadline: null });
      expect((await own.ledger.balance(from, at({ days: 15 }))).held).toBe('0');
    }
  });

  test.each(TURNABLE)('goes back when %s says deny', async (rule) => {
    await screenBy({ [rule]: 'deny' });
    const { id: gid } = await turn(rule);
    expect(await own.ledger.advanceGift(gid, at({ days: 1 }))).toMatchObject({
      status: 'rejected',
      reason_code: rule,
    });
  });

  test.each(TURNABLE)('settles once an operator has overruled %s', async (rule) => {
    await screenBy({ [rule]: 'hold' });
    const { id: gid } = await turn(rule);
    await own.ledger.advanceGift(gid, at({ days: 1 }));
    const released = await act(own.ledger, { id: gid }, 'release', at({ days: 2 }));
    expect(released).toMatchObject({ status: 'pending', settles_at: at({ days: 2 }) });
    expect(await own.ledger.advanceGift(gid, at({ days: 2 }))).toMatchObject({ status: 'settled' });
  });
});

describe('a gift that is held from the start', () => {
  test.each(RULES)('settles a day after an operator has released it from %s', async (rule) => {
    await screenBy({ [rule]: 'hold' });
    const { id: gid } = await CAUGHT[rule]();
    const released = await act(own.ledger, { id: gid }, 'release', at({ hours: 5 }));
    expect(released).toMatchObject({
      status: 'pending',
      reason_code: null,
      settles_at: at({ days: 1, hours: 5 }),
    });
    expect(await own.ledger.advanceGift(gid, at({ days: 1, hours: 5 }))).toMatchObject({ status: 'settled' });
  });

  test.each([
    ['circle', 'rejected'],
    ['shared_fingerprint', 'rejected'],
    // Judged once, at acceptance: how fast it came and how young the sender was then.
    ['velocity', 'settled'],
    ['new_account', 'settled'],
  ] as const)('for %s, with nobody to decide, is %s after the hold and the settlement', async (rule, end) => {
    await screenBy({ [rule]: 'hold' });
    const { id: gid } = await CAUGHT[rule]();
    expect(await own.ledger.advanceGift(gid, at({ days: 14 }))).toMatchObject({
      status: 'pending',
      settles_at: at({ days: 15 }),
    });
    expect(await own.ledger.advanceGift(gid, at({ days: 15 }))).toMatchObject({ status: end });
  });

  test('because its sender is new, with the least amount at zero, is judged so once and settles', async () => {
    const screening = { ...OFF, new_account: { verdict: 'hold', younger_than: 'P1Y', above: '0' } } as const;
    await own.ledger.usePolicy(policyWith({ gifts: { screening } }), START);
    await people('ab', { put: { created_at: at({ days: -60 }) } });
    const held = await gift('ab');
    expect(held).toMatchObject({ status: 'held', reason_code: 'new_account' });
    expect(await own.ledger.advanceGift(held.id, at({ days: 15 }))).toMatchObject({ status: 'settled' });
  });

  test('by an operator settles by itself when the hold runs out', async () => {
    await screenBy({});
    await people('ab');
    const given = await gift('ab');
    await act(own.ledger, given, 'hold', START);
    expect(await own.ledger.advanceGift(given.id, at({ days: 15 }))).toMatchObject({ status: 'settled' });
  });
});

/** What makes `b` a suspect claimant of what `a` gave to an address. */
const SUSPECT_CLAIM = {
  circle: () => gift('ba'),
  shared_fingerprint: async () => {
    for (const letter of 'ab') await change(letter, { fingerprints: [`both-${tests}`] }, START);
  },
  fan_in: async () => {
    for (const from of 'cd') await gift(`${from}b`);
  },
};
const CLAIM_RULES = Object.keys(SUSPECT_CLAIM) as (keyof typeof SUSPECT_CLAIM)[];

describe('a claim is screened as a gift to the claimant', () => {
  test.each(CLAIM_RULES)('and held when %s says hold', async (rule) => {
    await screenBy({ [rule]: 'hold' });
    await people('abcd');
    await SUSPECT_CLAIM[rule]();
    const given = await gift('afriend@example.com');
    expect(await claim(own.ledger, given, id('b'), START)).toMatchObject({
      status: 'held',
      reason_code: rule,
      to: id('b'),
    });
  });

  test.each(CLAIM_RULES)(
    'and refused when %s says deny: the link still works for somebody else',
    async (rule) => {
      await screenBy({ [rule]: 'deny' });
      await people('abcde');
      await SUSPECT_CLAIM[rule]();
      const given = await gift('afriend@example.com');
      await expect(claim(own.ledger, given, id('b'), START)).rejects.toMatchObject(
        refusal('gift_denied', rule),
      );
      expect(await claim(own.ledger, given, id('e'), START)).toMatchObject({ status: 'pending' });
    },
  );

  test('but not again when an operator has released the gift', async () => {
    await screenBy({ fan_out: 'hold' });
    await people('abxy');
    await gift('ax');
    await gift('ay');
    const held = await gift('afriend@example.com');
    expect(held).toMatchObject({ status: 'held', reason_code: 'fan_out' });
    await act(own.ledger, held, 'release', START);
    expect(await claim(own.ledger, held, id('b'), START)).toMatchObject({ status: 'pending' });
  });

  test('the claimant takes the place of the address among the recipients', async () => {
    await screenBy({ fan_out: 'hold' });
    await people('abx');
    await gift('ax');
    const given = await gift('afriend@example.com');
    expect(await claim(own.ledger, given, id('b'), START)).toMatchObject({ status: 'pending' });
  });

  test('of a gift whose sender was closed is held', async () => {
    await screenBy({});
    await people('ab');
    const given = await gift('afriend@example.com');
    await change('a', { status: 'closed' }, START);
    expect(await claim(own.ledger, given, id('b'), START)).toMatchObject({
      status: 'held',
      reason_code: 'account_frozen',
    });
  });
});

test('a gift to many through e-mail, canceled, leaves every credit where it was', async () => {
  await screenBy({ fan_out: 'hold' });
  await people('a');
  const gifts = [];
  for (const n of [1, 2, 3, 4]) gifts.push(await gift(`afriend-${n}@example.com`));
  expect(gifts.map(({ status }) => status)).toEqual(['awaiting_claim', 'awaiting_claim', 'held', 'held']);
  for (const one of gifts) await act(own.ledger, one, 'cancel', START);
  expect(await available(own.ledger, id('a'))).toBe('500');
});
