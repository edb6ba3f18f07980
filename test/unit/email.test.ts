import { describe, expect, test } from 'vitest';
import { EmailSchema } from '../../src/contracts/primitives.schema.ts';
import { canonicalEmail } from '../../src/domain/email.ts';
import { isDisposable } from '../../src/ledger/accounts/disposable-address.ts';
import { AddressVault } from '../../src/ledger/postgres/address-vault.ts';

const vault = new AddressVault(Buffer.alloc(32, 1));

describe('an e-mail address', () => {
  test.each([
    ['grace@example.com', 'grace@example.com'],
    ['Grace.Hopper+1@Example.COM', 'grace.hopper+1@example.com'],
    ["o'neil@example.com", "o'neil@example.com"],
    ['grace@grüße.example', 'grace@xn--gre-6ka8l.example'],
    ['grace@GRÜSSE.example', 'grace@xn--grsse-lva.example'],
    ['grace@xn--gre-6ka8l.example', 'grace@xn--gre-6ka8l.example'],
    ['jürgen@example.com', 'jürgen@example.com'],
    ['ju\u0308rgen@example.com', 'jürgen@example.com'],
    ['JÜRGEN@example.com', 'jürgen@example.com'],
    ['用户@例子.公司', '用户@xn--fsqu00a.xn--55qx5d'],
    ['用户@例子。公司', '用户@xn--fsqu00a.xn--55qx5d'],
    ['почта@пример.рф', 'почта@xn--e1afmkfd.xn--p1ai'],
  ])('%s is known as %s', (text, canonical) => {
    expect(canonicalEmail(text)).toBe(canonical);
    expect(EmailSchema.safeParse(text).success).toBe(true);
    expect(vault.indexOf(text)).toBe(vault.indexOf(canonical));
  });

  test.each([
    '',
    '@example.com',
    'grace',
    'grace@',
    'grace@example',
    'grace@-example.com',
    '.grace@example.com',
    'gra..ce@example.com',
    'gra ce@example.com',
    'grace@exam ple.com',
    'grace@example.com/path',
    'grace@example.com:80',
    'grace@1.2.3.4',
    'grace@[1.2.3.4]',
    '"grace"@example.com',
    'a@b@example.com',
    'grace\n@example.com',
    'grace\u200b@example.com',
    `${'ü'.repeat(33)}@example.com`,
    `${'a'.repeat(65)}@example.com`,
    `grace@${'a'.repeat(64)}.com`,
  ])('"%s" is none', (text) => {
    expect(canonicalEmail(text)).toBeUndefined();
    expect(EmailSchema.safeParse(text).success).toBe(false);
  });

  test('that was found before is found by the same digest: of ASCII nothing but the case was folded', () => {
    for (const text of ['Ada@Example.com', ' ada@example.com '])
      expect(vault.indexOf(text)).toBe(vault.indexOf('ada@example.com'));
    expect(vault.indexOf('card_FINGERprint')).toBe(vault.indexOf('card_fingerprint'));
    expect(vault.indexOf('jurgen@example.com')).not.toBe(vault.indexOf('jürgen@example.com'));
  });

  test('of a provider of addresses for minutes is known as such in any spelling of its domain', () => {
    expect(isDisposable('x@ＭＡＩＬＩＮＡＴＯＲ.com')).toBe(true);
  });
});
