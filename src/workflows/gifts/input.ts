/** Checks of what reaches `gift` from outside: plain ones, for no schema library belongs into the workflow bundle. */
import type { FieldError } from '../../contracts/errors.ts';
import { type AcceptedGift, type GiftInput, type GiftRequest, giftIdOf } from '../../contracts/gifts/gift.ts';
import { parseCredits } from '../../domain/credits.ts';
import { GIFT_STATUSES } from '../../domain/gift-status.ts';
import { textFault } from '../arguments.ts';
import { invalid, refusal } from '../refusal.ts';
import { instant, isRecord, oneOf, orNull, type Shape, shapeFaults, text } from '../shape.ts';

const INPUT_EXAMPLE = '{"request":{"from":"user_ada","to":"user_bob","amount":"5"}}';

const BY_EMAIL = {
  path: 'request.to',
  message:
    'must be the id of an account; a gift by e-mail goes through the API, so that no address reaches Temporal',
};

/** The gift id of a workflow id. Throws the refusal of any id but `gift/<id>`. */
export function checkedGiftId(workflowId: string): string {
  const id = giftIdOf(workflowId);
  if (id !== undefined) return id;
  throw refusal(
    'validation_failed',
    `The workflow id of a gift must be gift/<id>, the id 1 to 64 letters, digits, _ or -; it is "${workflowId}".`,
  );
}

/** Throws the refusal of an input that is not one of an accepted gift, a request and `open`, with each fault. */
export function checkInput(giftId: string, given: unknown): GiftInput {
  const ways = isRecord(given)
    ? [isRecord(given.accepted), isRecord(given.request), given.open === true].filter(Boolean)
    : [];
  if (ways.length !== 1) {
    throw invalid([
      {
        path: 'input',
        message: `must hold the request for a gift, such as ${INPUT_EXAMPLE}, or be {"open":true} for one that there is`,
      },
    ]);
  }
  const input = given as GiftInput;
  if ('open' in input) return input;
  const errors = 'request' in input ? requestFaults(input.request) : acceptedFaults(giftId, input.accepted);
  if (errors.length > 0) throw invalid(errors);
  return input;
}

function requestFaults(request: GiftRequest): FieldError[] {
  const { from, to, amount, funding, message, ...rest } = request as GiftRequest & Record<string, unknown>;
  const errors = [
    ...textFault('request.from', from, 128),
    ...(isRecord(to) ? [BY_EMAIL] : textFault('request.to', to, 128)),
    ...Object.keys(rest).map((name) => ({ path: `request.${name}`, message: 'is not a field of a gift' })),
  ];
  const micro = typeof amount === 'string' ? parseCredits(amount) : undefined;
  if (micro === undefined || micro === 0n) {
    errors.push({
      path: 'request.amount',
      message: 'must be a decimal string of credits above zero, such as "12.5"',
    });
  }
  if (funding !== undefined && funding !== 'transfer' && funding !== 'promotional') {
    errors.push({ path: 'request.funding', message: 'must be "transfer" or "promotional"' });
  }
  if (message !== undefined) errors.push(...textFault('request.message', message, 280));
  return errors;
}

const ACCEPTED_SHAPE: Shape = {
  from: text,
  to: orNull(text),
  amount: text,
  reset_id: orNull(text),
  status: oneOf(GIFT_STATUSES),
  settles_at: orNull(instant),
  deadline: instant,
};

function acceptedFaults(giftId: string, accepted: AcceptedGift): FieldError[] {
  const errors: FieldError[] = [];
  if (accepted.id !== giftId) {
    errors.push({ path: 'accepted.id', message: `must be the id in the workflow id, "${giftId}"` });
  }
  return [...errors, ...shapeFaults('accepted', accepted, ACCEPTED_SHAPE)];
}
