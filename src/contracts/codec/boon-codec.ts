/**
 * `boonCodec`: lets a Temporal client of a backend read and write what Boon encrypts in Temporal, without a key of its own:
 * Boon's server does it.
 */
import { type CodecEndpointOptions, codecEndpoint } from './codec-endpoint.ts';
import { BoonCodecError, type CodecDirection } from './codec-error.ts';
import type { Payload, PayloadCodec } from './payload-codec.ts';
import { encodingOf, readPayload, writePayload } from './written-payload.ts';

export type BoonCodecOptions = CodecEndpointOptions;

const ENCRYPTED = 'binary/encrypted';
/** What the endpoint takes in one call (`src/http/codec.ts`). */
const MOST_PAYLOADS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;
const HEAD = '{"payloads":[';
const TAIL = ']}';

/**
 * A codec over Boon's codec endpoint, for Temporal's client of any 1.x version:
 *
 * @example
 * const client = new Client({ dataConverter: { payloadCodecs: [boonCodec({ url: 'https://boon.example.com', apiKey })] } });
 *
 * Everything with content that goes to Temporal is shown to Boon first, which encrypts what holds somebody's words;
 * of what comes back only what is encrypted. Both reject with a `BoonCodecError` rather than send or return anything that
 * Boon did not see to. The key needs the scope `payloads:decode`.
 * @throws TypeError when `url` is no address or `apiKey` no key.
 */
export function boonCodec(options: BoonCodecOptions): PayloadCodec {
  const endpoint = codecEndpoint(options);
  return {
    encode: (payloads) => converted(payloads, 'encode', mayNeedEncryption),
    async decode(payloads) {
      const decoded = await converted(payloads, 'decode', isEncrypted);
      const unread = payloads.filter((payload, i) => isEncrypted(payload) && isSame(payload, decoded[i]));
      if (unread.length > 0) throw unreadable(unread, payloads.length);
      return decoded;
    },
  };

  /** These payloads in their order, those that the server must see as it gave them back. */
  async function converted(
    payloads: readonly Payload[],
    direction: CodecDirection,
    mustBeSeen: (payload: Payload) => boolean,
  ): Promise<Payload[]> {
    const seen = payloads.filter(mustBeSeen);
    const answers: Payload[] = [];
    for (const batch of batches(seen, direction)) {
      const given = await endpoint(direction, `${HEAD}${batch.join(',')}${TAIL}`);
      const read = given.map(readPayload).filter((payload) => payload !== undefined);
      if (read.length !== batch.length) {
        const detail = `The codec endpoint answered ${read.length} payloads to ${batch.length}.`;
        throw new BoonCodecError(direction, 'unexpected_answer', detail);
      }
      answers.push(...read);
    }
    const inOrder = answers.values();
    // What else stands beside the two stays: newer versions of Temporal's SDK have more fields than the endpoint.
    return payloads.map((payload) =>
      mustBeSeen(payload) ? { ...payload, ...inOrder.next().value } : payload,
    );
  }
}

/** An empty one says nothing, and an encrypted one is done. Of every other only Boon knows: its settings decide. */
function mayNeedEncryption(payload: Payload): boolean {
  return payload.data != null && payload.data.length > 0 && !isEncrypted(payload);
}

function isEncrypted(payload: Payload): boolean {
  return encodingOf(payload) === ENCRYPTED;
}

/** The endpoint gives back as it is what it cannot read. */
function isSame({ data: before }: Payload, after: Payload | undefined): boolean {
  if (before == null || after?.data == null) return before == null && after?.data == null;
  return before.length === after.data.length && before.every((byte, i) => byte === after.data?.[i]);
}

function unreadable(unread: readonly Payload[], all: number): BoonCodecError {
  const names = unread.map(({ metadata }) => new TextDecoder().decode(metadata?.key ?? new Uint8Array()));
  const keys = [...new Set(names)].map((name) => `"${name}"`).join(', ');
  const detail =
    `${unread.length} of ${all} payloads cannot be read: Boon has no key ${keys} (BOON_PAYLOAD_KEYS), ` +
    'or what was encrypted was changed.';
  return new BoonCodecError('decode', 'unreadable', detail);
}

/** The payloads as JSON, as many to a call as the endpoint takes. */
function* batches(payloads: readonly Payload[], direction: CodecDirection): Generator<string[]> {
  let batch: string[] = [];
  let bytes = HEAD.length + TAIL.length;
  for (const payload of payloads) {
    const text = JSON.stringify(writePayload(payload));
    // And the comma before the next one.
    const size = new TextEncoder().encode(text).length + 1;
    if (HEAD.length + size + TAIL.length > MOST_BYTES) {
      const detail = `A payload of ${payload.data?.length ?? 0} bytes is more than the codec endpoint takes.`;
      throw new BoonCodecError(direction, 'too_large', detail);
    }
    if (batch.length === MOST_PAYLOADS || bytes + size > MOST_BYTES) {
      yield batch;
      batch = [];
      bytes = HEAD.length + TAIL.length;
    }
    batch.push(text);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
