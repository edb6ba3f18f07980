import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { failureConverter } from '../../src/workflows/failure-converter.ts';

const stored = (error: unknown) => failureConverter.errorToFailure(error, defaultPayloadConverter);

test('a failure without an address is readable as it is', () => {
  const failure = stored(ApplicationFailure.nonRetryable('There is no account "bob".', 'not_found'));
  expect(failure).toMatchObject({ message: 'There is no account "bob".' });
  expect(failure.encodedAttributes ?? null).toBeNull();
});

test('an address stands in no message and no stack, in no cause either, and comes back to who reads it', () => {
  const cause = new Error('550 no mailbox grace.hopper@example.com here');
  const failure = stored(
    ApplicationFailure.create({ message: 'No account "grace.hopper@example.com"', cause }),
  );
  for (const one of [failure, failure.cause]) {
    expect(`${one?.message} ${one?.stackTrace}`).not.toContain('hopper');
  }
  const read = defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
  expect(read.message).toBe('No account "grace.hopper@example.com"');
  expect(read.cause).toMatchObject({ message: cause.message });
});
