/** The headers of an answer, as the OpenAPI document describes them. */

type Json = Record<string, unknown>;

const REPLAYED = {
  description: 'There, and `true`, when this is the recorded answer to an earlier call with the same key',
  schema: { type: 'string', enum: ['true'] },
};
const LOCATION = {
  description: 'The path at which what was made, or goes on, is read',
  schema: { type: 'string', examples: ['/v1/transfers/gft_06bq2n6y3v8k5s7r1x4z9m0c2d'] },
};
const ETAG = {
  description: 'Identifies this very state: send it as `If-Match` with a change that rests on it',
  schema: { type: 'string', examples: ['"5f2b8c1e9d7a4f30b6e1c2d3a4958677"'] },
};
/** Where a limit is set, of every answer that counts towards it. */
const LIMIT = {
  'RateLimit-Policy': { description: 'Requests a minute: `"minute";q=600;w=60`', schema: { type: 'string' } },
  RateLimit: {
    description: 'How many are left, and for how many seconds: `"minute";r=599;t=42`',
    schema: { type: 'string' },
  },
};
const RETRY = { description: 'Seconds to wait before trying again', schema: { type: 'integer' } };
const RETRY_OF_A_USE = {
  ...RETRY,
  description: 'Seconds to wait before trying again; left out where waiting does not let the use through',
};

export type AnswerOf = {
  status: string;
  operationId: string | undefined;
  /** Whether the call takes an Idempotency-Key. */
  recorded: boolean;
  /** Whether it makes something that has a path. */
  located: boolean;
  /** Whether it says of which state the answer is. */
  tagged: boolean;
};

export function answerHeaders({ status, operationId, recorded, located, tagged }: AnswerOf): Json {
  return {
    ...(located && (status === '201' || status === '202') ? { Location: LOCATION } : {}),
    ...(tagged && status.startsWith('2') ? { ETag: ETAG } : {}),
    ...(recorded ? { 'Idempotent-Replayed': REPLAYED } : {}),
    ...retryHeader(status, operationId),
    ...(status === '429' ? LIMIT : {}),
  };
}

function retryHeader(status: string, operationId: string | undefined): Json {
  if (status === '429' && operationId === 'recordUsage') return { 'Retry-After': RETRY_OF_A_USE };
  return status === '429' || status === '503' ? { 'Retry-After': { ...RETRY, required: true } } : {};
}
