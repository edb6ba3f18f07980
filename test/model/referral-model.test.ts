import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import { runs, SEED } from '../support/effort.ts';
import { actOn, invite, join, prompt } from '../support/referrals.ts';
import { expectVerified, openTestLedger, START, type TestLedger } from '../support/test-ledger.ts';
import { type Program, ReferralModel, RULES } from './referral-model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const PEOPLE = ['ann', 'bob', 'cleo', 'dan'];
const PROGRAM = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: RULES.invites,
  prompts: RULES.prompts,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '3' }, friend: { resets: 1, credits: '0' } },
  monthly_cap: RULES.cap,
  invite_valid_for: 'P30D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};

let own: TestLedger;
let run = 0;
beforeAll(async () => {
  const programs = {
    forfeits: { ...PROGRAM, over_cap: 'forfeit' },
    defers: { ...PROGRAM, over_cap: 'defer' },
  };
  own = await openTestLedger({ programs } as object);
});
afterAll(() => own.close());

const person = fc.constantFrom(...PEOPLE);
/** Mostly one, so that places and months fill up. */
const referrer = fc.constantFrom('ann', 'ann', 'ann', 'cleo');
const nth = fc.nat({ max: 30 });
/** So much before the present, on the borders that matter and off them. */
const shift = fc.constantFrom(
  ...[0, 1, HOUR - 1, HOUR, HOUR + 1, 3 * DAY, 62 * DAY - 1, 62 * DAY, 62 * DAY + 1, 63 * DAY].map(
    (ms) => -ms,
  ),
);
const kind = fc.constantFrom('login' as const, 'prompt' as const);
const program = fc.constantFrom<Program>('forfeits', 'defers');
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const step = fc.oneof(
  weighted(
    5,
    fc.record({ do: fc.constant('invite' as const), who: person, to: fc.nat({ max: 9 }), program }),
  ),
  // Somebody new, or somebody who has long had an account, is invited and comes.
  weighted(
    4,
    fc.record({
      do: fc.constant('newcomer' as const),
      who: referrer,
      program,
      prompts: fc.constantFrom(1, 2, 2, 3),
      reward: fc.constantFrom(true, true, false),
    }),
  ),
  weighted(
    4,
    fc.record({
      do: fc.constant('return' as const),
      who: referrer,
      program,
      active: fc.array(fc.record({ kind, shift }), { maxLength: 3 }),
      late: fc.boolean(),
    }),
  ),
  weighted(
    2,
    fc.record({
      do: fc.constant('link' as const),
      which: nth,
      who: person,
      ago: fc.constantFrom(0, 0, 1, HOUR, 21 * HOUR),
    }),
  ),
  // A friend uses two links; which one is reported first does not matter.
  weighted(
    2,
    fc.record({
      do: fc.constant('twice' as const),
      which: nth,
      other: nth,
      ago: fc.constantFrom(1, HOUR, 21 * HOUR),
      prompts: fc.constantFrom(0, 1, 2),
    }),
  ),
  weighted(1, fc.record({ do: fc.constant('say' as const), who: person, shift })),
  weighted(
    2,
    fc.record({ do: fc.constant('act' as const), who: person, kind, id: fc.nat({ max: 20 }), shift }),
  ),
  weighted(2, fc.record({ do: fc.constant('reward' as const), which: nth })),
  weighted(2, fc.record({ do: fc.constantFrom('cancel' as const, 'claw_back' as const), which: nth })),
  weighted(
    2,
    fc.record({
      do: fc.constant('wait' as const),
      by: fc.constantFrom(1, HOUR, DAY, 30 * DAY - HOUR, 31 * DAY),
      sweep: fc.boolean(),
    }),
  ),
);

test('referrals do what the model of them does, step by step, whatever people do', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      run += 1;
      const { ledger } = own;
      const name = (who: string) => `${who}-${run}`;
      const model = new ReferralModel();
      const ids: string[] = [];
      let now = Date.parse(START);
      const at = (moment = now) => new Date(moment).toISOString();
      const known = async (id: string, card?: string, createdAt = now) => {
        model.addPerson(id, createdAt, card);
        const fingerprints = card === undefined ? [] : [`card:${card}-${run}`];
        await ledger.putAccount(
          id,
          { plan: 'plus', billing_day: 1, created_at: at(createdAt), fingerprints },
          at(),
        );
      };
      const ask = async (id: string, program: Program, who: string, email: string) => {
        const met = await invite(ledger, who, { id, at: at(), program, email }).then(() => undefined, codeOf);
        expect(met).toBe(model.invite(id, program, who, email, now));
        if (met === undefined) ids.push(id);
        return met === undefined;
      };
      const use = async (id: string, account: string, used = now) => {
        // Nobody uses a link before it was sent.
        const moment = Math.max(used, model.referrals.get(id)?.invitedAt ?? now);
        model.useLink(id, account, moment, now);
        await join(ledger, { id }, account, at(), { used_at: at(moment) }).catch(codeOf);
      };
      const act = async (account: string, kind: 'login' | 'prompt', id: string, moment: number) => {
        model.activity(account, kind, id, moment, now);
        await prompt(ledger, account, at(moment), { kind, id, told_at: at() }).catch(codeOf);
      };
      const reward = async (id: string) => {
        model.reward(id, now);
        await ledger.rewardReferral(id, at());
      };
      // Ann and Bob pay with one card. All of them are there long before anybody is invited.
      for (const who of PEOPLE) await known(name(who), who < 'c' ? 'one' : undefined);
      now += 70 * DAY;
      for (const [number, one] of steps.entries()) {
        const id = 'which' in one && ids.length > 0 ? (ids[one.which % ids.length] ?? '') : '';
        if ('which' in one && id === '') continue;
        if (one.do === 'wait') {
          now += one.by;
          // Whether a sweep runs changes nothing but what is seen meanwhile.
          if (!one.sweep) continue;
          model.expire(now);
          await ledger.expireReferrals(at(), 1000);
        } else if (one.do === 'invite') {
          await ask(`ref_${run}_${number}`, one.program, name(one.who), `address${one.to}@example.com`);
        } else if (one.do === 'link') {
          await use(id, name(one.who), now - one.ago);
        } else if (one.do === 'twice') {
          const account = `twice-${run}-${number}`;
          await known(account);
          await use(id, account);
          for (let n = 0; n < one.prompts; n++) await act(account, 'prompt', `${n}`, now);
          await use(ids[one.other % ids.length] ?? id, account, now - one.ago);
        } else if (one.do === 'say') {
          const moment = now + one.shift;
          model.sayActive(name(one.who), moment, now);
          await ledger.putAccount(name(one.who), { plan: 'plus', last_active_at: at(moment) }, at());
        } else if (one.do === 'newcomer' || one.do === 'return') {
          const made = `ref_${run}_${number}`;
          const account = `${one.do}-${run}-${number}`;
          if (!(await ask(made, one.program, name(one.who), `${account}@example.com`))) continue;
          if (one.do === 'newcomer') {
            await known(account);
            await use(made, account);
            for (let n = 0; n < one.prompts; n++) await act(account, 'prompt', `${n}`, now);
            if (one.reward) await reward(made);
          } else {
            await known(account, undefined, now - 200 * DAY);
            if (one.late) await use(made, account);
            for (const [n, event] of one.active.entries())
              await act(account, event.kind, `${n}`, now + event.shift);
            if (!one.late) await use(made, account);
          }
        } else if (one.do === 'act') {
          await act(name(one.who), one.kind, `${one.id}`, now + one.shift);
        } else if (one.do === 'reward') {
          await reward(id);
        } else if (one.do === 'cancel') {
          model.cancel(id, now);
          await actOn(ledger, { id }, 'cancel', at()).catch(codeOf);
        } else {
          model.clawBack(id, now);
          await actOn(ledger, { id }, 'claw_back', at(), { reason: 'fraud' }).catch(codeOf);
        }
        for (const [referralId, expected] of model.referrals) {
          const found = await ledger.findReferral(referralId);
          expect(found).toMatchObject({
            status: expected.status,
            reason_code: expected.reason,
            friend_id: expected.friend ?? null,
            prompts_seen: expected.prompts.size,
            deferred_until: expected.deferredUntil === undefined ? null : at(expected.deferredUntil),
          });
        }
      }
      await expectVerified(ledger);
    }),
    { numRuns: runs(14), seed: SEED },
  );
});

/** The code of a refusal; anything else is a fault. */
function codeOf(error: unknown): string {
  if (error instanceof BoonError && error.code !== 'internal') return error.code;
  throw error;
}
