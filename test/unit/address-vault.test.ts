import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressVault, makeToken, tokenHash } from '../../src/ledger/postgres/address-vault.ts';

const vault = new AddressVault(randomBytes(32));
const sealed = (text: string) => Buffer.from(vault.seal(text), 'hex');

describe('the address vault', () => {
  test('opens what it sealed', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => vault.open(sealed(text)) === text));
  });

  test('seals the same text differently each time, so that equal addresses are not seen to be equal', () => {
    expect(vault.seal('friend@example.com')).not.toBe(vault.seal('friend@example.com'));
  });

  test('does not open with another key', () => {
    const other = new AddressVault(randomBytes(32));
    expect(() => other.open(sealed('friend@example.com'))).toThrow();
  });

  test('does not open what was changed, whichever bit it was', () => {
    const whole = sealed('friend@example.com');
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => vault.open(changed)).toThrow();
    }
  });

  test('does not open what was cut short', () => {
    const whole = sealed('friend@example.com');
    for (let length = 0; length < whole.length; length++) {
      expect(() => vault.open(whole.subarray(0, length))).toThrow();
    }
  });

  test('finds an address whatever its case and the space around it, and only with its own key', () => {
    expect(vault.indexOf(' Friend@Example.COM ')).toBe(vault.indexOf('friend@example.com'));
    expect(vault.indexOf('friend@example.com')).not.toBe(vault.indexOf('other@example.com'));
    expect(new AddressVault(randomBytes(32)).indexOf('friend@example.com')).not.toBe(
      vault.indexOf('friend@example.com'),
    );
  });

  test('takes a key of 32 bytes and no other', () => {
    expect(() => new AddressVault(randomBytes(31))).toThrow('must be 32 bytes, not 31');
  });
});

test('a claim token is 256 random bits, fit for a link, and kept as a digest', () => {
  const token = makeToken();
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(makeToken()).not.toBe(token);
  expect(tokenHash(token)).toMatch(/^[0-9a-f]{64}$/);
  expect(tokenHash(token)).toBe(tokenHash(token));
});
