import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGITS, decodeCursor, encodeCursor, GIFT_ID } from '../../src/ledger/postgres/cursor.ts';

test('a cursor comes back as the key it was made of', () => {
  fc.assert(
    fc.property(
      fc.nat().map(String),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      (position, id) =>
        decodeCursor(encodeCursor([position, id]), [DIGITS, GIFT_ID]).join() === [position, id].join(),
    ),
  );
});

test('any other text is refused as not valid, never with another error', () => {
  const forged = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
  );
  fc.assert(
    fc.property(forged, (text) => {
      let error: unknown;
      try {
        decodeCursor(text, [DIGITS, GIFT_ID]);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'validation_failed', errors: [{ path: 'cursor' }] });
    }),
  );
});

test.each([
  [['1']],
  [['1', 'gft_1', 'more']],
  [['-1', 'gft_1']],
  [['1 OR 1=1', 'gft_1']],
  [['1', 'gft 1']],
  [[1, 'gft_1']],
])('the key %j does not fit', (key) => {
  const text = Buffer.from(JSON.stringify(key)).toString('base64url');
  expect(() => decodeCursor(text, [DIGITS, GIFT_ID])).toThrow('The cursor did not come from a list.');
});
