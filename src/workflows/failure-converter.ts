/**
 * How errors become failures in Temporal. Their messages are not payloads and are there in clear, for operators to
 * read; one that holds an e-mail address, where somebody wrote it into a wrong field say, goes into a payload, which
 * the codec encrypts.
 */
import { DefaultFailureConverter } from '@temporalio/common';
import { holdsAddress } from '../domain/address-in-text.ts';

class FailureConverter extends DefaultFailureConverter {
  /** Its causes come here by themselves. */
  override errorToFailure(...given: Parameters<DefaultFailureConverter['errorToFailure']>) {
    const failure = super.errorToFailure(...given);
    const { message, stackTrace } = failure;
    if (!holdsAddress(`${message}\n${stackTrace}`)) return failure;
    const [, payloadConverter, context] = given;
    // As the SDK encodes them: each side reads it back without knowing of this class.
    const encodedAttributes = payloadConverter.toPayload({ message, stack_trace: stackTrace }, context);
    return { ...failure, message: 'Encoded failure', stackTrace: '', encodedAttributes };
  }
}

export const failureConverter = new FailureConverter();
