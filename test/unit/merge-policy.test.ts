import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergePolicy } from '../../src/domain/merge-policy.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';

const document = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue());

describe('merging policies', () => {
  test('nothing laid over changes nothing', () => {
    expect(mergePolicy(SHIPPED_POLICY, {})).toEqual(SHIPPED_POLICY);
    expect(mergePolicy(SHIPPED_POLICY, undefined)).toEqual(SHIPPED_POLICY);
  });

  test('one deep key is replaced and its neighbours stay', () => {
    const merged = mergePolicy(SHIPPED_POLICY, { gifts: { limits: { per_day: { count: 3 } } } });
    expect(merged).toEqual({
      ...SHIPPED_POLICY,
      gifts: {
        ...SHIPPED_POLICY.gifts,
        limits: { ...SHIPPED_POLICY.gifts.limits, per_day: { count: 3, amount: '1000' } },
      },
    });
  });

  test('an unknown key is kept, for validation to refuse', () => {
    expect(mergePolicy(SHIPPED_POLICY, { gfits: 1 })).toMatchObject({ gfits: 1 });
  });

  test('an array replaces an array', () => {
    expect(mergePolicy({ plans: ['plus', 'pro'] }, { plans: ['go'] })).toEqual({ plans: ['go'] });
  });

  test('laying the same over again changes nothing more, and neither input is changed', () => {
    fc.assert(
      fc.property(document, document, (base, over) => {
        const before = structuredClone([base, over]);
        const once = mergePolicy(base, over);
        expect(mergePolicy(once, over)).toEqual(once);
        expect([base, over]).toEqual(before);
      }),
    );
  });

  test('a key named __proto__ does not reach the prototype of objects', () => {
    mergePolicy(SHIPPED_POLICY, JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"x": 1}}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
