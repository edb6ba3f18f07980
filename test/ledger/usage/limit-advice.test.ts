import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bank, redeem } from '../../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

/** Small numbers: 10 in 5 hours, 25 in a week. */
const PLANS = { plus: { five_hour: '10', weekly: '25' } };
const NOTHING = { next_window_at: null, resets_available: 0 };

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ plans: PLANS });
});
afterAll(() => own.close());

let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `person-${people}`, options);
  return `person-${people}`;
}
const at = (by: Parameters<typeof later>[1]) => later(START, by);
const NEXT = { next_window_at: at({ hours: 5 }), resets_available: 0 };

/** What a use that is refused is told. */
async function advice(id: string, use: Parameters<typeof charge>[2]): Promise<unknown> {
  return charge(own.ledger, id, use).then(
    () => 'it was allowed',
    (error: { limit?: unknown }) => error.limit,
  );
}

describe('a use that the plan does not cover now is told of the next window and of resets', () => {
  test('where a full window covers it, to the last millionth, and then it does', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await charge(own.ledger, id, { units: '1' });
    expect(await advice(id, { units: '10' })).toEqual({ ...NEXT, resets_available: 1 });
    expect(await advice(id, { units: '10.000001' })).toEqual(NOTHING);
    expect(await charge(own.ledger, id, { units: '10', at: at({ hours: 5 }) })).toMatchObject({
      charged: { plan: '10' },
    });
    expect(await advice(id, { units: '10.000001', at: at({ hours: 10 }) })).toEqual(NOTHING);
  });

  test('and a reset that it is told of lets it through', async () => {
    const id = await person();
    await bank(own.ledger, id);
    await charge(own.ledger, id, { units: '1' });
    expect(await advice(id, { units: '10' })).toMatchObject({ resets_available: 1 });
    await redeem(own.ledger, id);
    expect(await advice(id, { units: '10' })).toBe('it was allowed');
  });

  test('where it is the week that has too little, of the week', async () => {
    const id = await person();
    await charge(own.ledger, id, { units: '10' });
    await charge(own.ledger, id, { units: '10', at: at({ hours: 5 }) });
    expect(await advice(id, { units: '6', at: at({ hours: 10 }) })).toEqual({
      next_window_at: at({ days: 7 }),
      resets_available: 0,
    });
  });

  test('where a full window and the credits cover it together, and then they do', async () => {
    const id = await person({ credits: '3' });
    await charge(own.ledger, id, { units: '1' });
    expect(await advice(id, { units: '13' })).toEqual(NEXT);
    expect(await advice(id, { units: '13.000001' })).toEqual(NOTHING);
    expect(await charge(own.ledger, id, { units: '13', at: at({ hours: 5 }) })).toMatchObject({
      charged: { plan: '10', credits: '3' },
    });
  });

  test('but not for the sake of credits that are off, or that are to be asked for', async () => {
    const off = await person({ credits: '100', put: { use_credits: 'off' } });
    expect(await advice(off, { units: '11' })).toEqual(NOTHING);
    const ask = await person({ credits: '100', put: { use_credits: 'ask' } });
    expect(await advice(ask, { units: '11' })).toEqual(NOTHING);
    expect(await advice(ask, { units: '11', use_credits: true })).toBe('it was allowed');
  });
});
