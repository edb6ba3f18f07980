import { afterAll, beforeAll, expect, test } from 'vitest';
import { bank, redeem, use } from '../../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ resets: { complimentary_plans: [] } });
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);
const WINDOW = { since: at({ days: -30 }), until: START };

/** What the pages of so many events tell, one after the other. */
async function historyOf(id: string, limit: number, window = WINDOW): Promise<string[]> {
  const events: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await own.ledger.resetHistory(id, window, { limit, cursor });
    expect(page.data.length).toBeLessThanOrEqual(limit);
    expect(page.window).toEqual(window);
    events.push(...page.data.map(({ id, at }) => `${id} ${at}`));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return events;
}

test.each([1, 2, 3, 100])(
  'a history in pages of %s tells the latest first, and of one moment the greater id',
  async (limit) => {
    const id = `hal-${limit}`;
    await seedAccount(own.ledger, id);
    await use(own.ledger, id, '1', at({ days: -1 }));
    const [late] = await bank(own.ledger, id, { at: at({ days: -1 }) });
    const [early] = await bank(own.ledger, id, { at: at({ days: -2 }) });
    const [one, other] = await bank(own.ledger, id, { count: 2, at: at({ days: -3 }) });
    await redeem(own.ledger, id, { reset_id: early.id });
    expect(await historyOf(id, limit)).toEqual([
      `${early.id}:used ${START}`,
      `${late.id}:granted ${at({ days: -1 })}`,
      `${early.id}:granted ${at({ days: -2 })}`,
      `${other?.id}:granted ${at({ days: -3 })}`,
      `${one.id}:granted ${at({ days: -3 })}`,
    ]);
  },
);

test('a history begins after its first moment and ends with its last', async () => {
  await seedAccount(own.ledger, 'ida');
  const banked = [];
  for (const ms of [0, 1, 2, 3]) banked.push((await bank(own.ledger, 'ida', { at: at({ ms }) }))[0].id);
  expect(await historyOf('ida', 100, { since: START, until: at({ ms: 2 }) })).toEqual([
    `${banked[2]}:granted ${at({ ms: 2 })}`,
    `${banked[1]}:granted ${at({ ms: 1 })}`,
  ]);
});
