/**
 * Temporal's codec endpoint: shows operators, in the Web UI and on the command line, what is encrypted in Temporal.
 * `POST /codec/decode` and `/codec/encode` take and answer `{payloads: […]}` as Temporal's remote codecs do.
 */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Payload, PayloadCodec } from '../contracts/codec/payload-codec.ts';
import { requireAccess } from './callers/access.ts';
import type { KeyRing } from './callers/key-ring.ts';
import type { TokenVerifier } from './callers/token-verifier.ts';
import { bearerOf, JWT } from './plugins/authentication.ts';
import { codecRefusals } from './route/answers.ts';

/** What the endpoint needs. */
export type CodecParts = {
  payloads: PayloadCodec;
  /** Where the Web UI is served from, as in `https://temporal.example.com`: pages that may call. */
  uiOrigins: readonly string[];
  /** Stands for a credential in the path `/codec/<ticket>`; the local start makes one for its own Web UI. */
  ticket?: string;
};

type CodecOptions = { codec: CodecParts; keyRing: KeyRing; tokens: TokenVerifier; clock: () => Date };

/** A page of history with long payloads. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const MOST_PAYLOADS = 10_000;
/** How long a browser remembers that it may call, in seconds. */
const PREFLIGHT_SECONDS = 600;

const Base64Schema = z.base64();
/** What else a caller sends is Temporal's and no fault. */
const ListSchema = z
  .array(
    z.looseObject({
      metadata: z
        .record(z.string(), Base64Schema)
        .optional()
        .meta({ description: 'What the data is, each value in base64: its `encoding`, say' }),
      data: Base64Schema.nullish().meta({ description: 'The data in base64' }),
    }),
  )
  .max(MOST_PAYLOADS)
  .meta({ description: 'Payloads as Temporal writes them in JSON, answered in the same order' });
const EXAMPLE = {
  payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'eyJyZWFzb24iOiJ3aHkifQ==' }],
};
const PayloadsSchema = z
  .looseObject({ payloads: ListSchema })
  .meta({ id: 'TemporalPayloads', example: EXAMPLE });
/** The `temporal` command leaves an empty list out. */
const PayloadsBodySchema = z
  .looseObject({ payloads: ListSchema.optional() })
  .meta({ id: 'TemporalPayloadsBody', example: EXAMPLE });
type WrittenPayload = z.infer<typeof PayloadsSchema>['payloads'][number];

const ACCESS = { scope: 'payloads:decode', endUser: false } as const;

const DOCUMENTED = {
  decode: {
    operationId: 'decodePayloads',
    summary: 'Decrypt payloads of Temporal, for operators’ tools',
    description: 'The protocol of Temporal’s remote codecs. What cannot be read is answered as it came.',
  },
  encode: {
    operationId: 'encodePayloads',
    summary: 'Encrypt payloads for Temporal',
    description: 'The protocol of Temporal’s remote codecs.',
  },
};

export const codecRoutes: FastifyPluginAsyncZod<CodecOptions> = async (app, options) => {
  const { codec, keyRing, tokens, clock } = options;
  // The routes check their own callers: an operator's token from the Web UI is not an end user's here.
  const config = { access: 'public' } as const;

  app.addHook('onRequest', async (request, reply) => {
    allowUi(request, reply, codec.uiOrigins);
    if (request.method !== 'OPTIONS') await requireOperator(request);
  });

  const paths = codec.ticket === undefined ? ['/codec'] : ['/codec', '/codec/:ticket'];
  for (const path of paths) {
    for (const direction of ['decode', 'encode'] as const) {
      const url = `${path}/${direction}`;
      app.route({
        method: 'OPTIONS',
        url,
        config,
        schema: { hide: true },
        handler: (_, reply) => reply.code(204).send(),
      });
      app.route({
        method: 'POST',
        url,
        config: { ...config, documented: { access: ACCESS } },
        bodyLimit: BODY_LIMIT_BYTES,
        schema: {
          hide: path !== '/codec',
          ...DOCUMENTED[direction],
          tags: ['Operating'],
          body: PayloadsBodySchema,
          response: { 200: PayloadsSchema, ...codecRefusals() },
        },
        handler: async ({ body }) => {
          const convert = direction === 'decode' ? decoded : encoded;
          const given = body.payloads ?? [];
          return { payloads: await Promise.all(given.map((one) => convert(one, codec.payloads))) };
        },
      });
    }
  }

  /** An API key with the scope, an operator's token, or the ticket. */
  async function requireOperator(request: FastifyRequest): Promise<void> {
    const { ticket } = request.params as { ticket?: string };
    if (ticket !== undefined && codec.ticket !== undefined && isSame(ticket, codec.ticket)) return;
    const credential = bearerOf(request.headers.authorization);
    if (JWT.test(credential)) return await tokens.requireOperator(credential, clock());
    requireAccess(ACCESS, await keyRing.find(credential, clock(), request.ip));
  }
};

/** Lets the Web UI's page, and no other, read the answers. */
function allowUi(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const { origin } = request.headers;
  reply.header('vary', 'origin');
  if (origin === undefined || !origins.includes(origin)) return;
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, authorization-extras, content-type, x-namespace',
    'access-control-allow-credentials': 'true',
    'access-control-max-age': PREFLIGHT_SECONDS,
  });
}

/** One that cannot be read comes back as it is: the others of the page are still shown. */
async function decoded(written: WrittenPayload, codec: PayloadCodec): Promise<WrittenPayload> {
  try {
    return await converted(written, (payloads) => codec.decode(payloads));
  } catch {
    return written;
  }
}

/** One that cannot be encrypted must not come back in clear, as if it needed no encryption: the call fails. */
function encoded(written: WrittenPayload, codec: PayloadCodec): Promise<WrittenPayload> {
  return converted(written, (payloads) => codec.encode(payloads));
}

async function converted(
  written: WrittenPayload,
  work: (payloads: Payload[]) => Promise<Payload[]>,
): Promise<WrittenPayload> {
  const [payload] = await work([read(written)]);
  return payload === undefined ? written : write(payload);
}

function read({ metadata = {}, data }: WrittenPayload): Payload {
  const entries = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: data == null ? null : Buffer.from(data, 'base64') };
}

function write({ metadata, data }: Payload): WrittenPayload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(entries), ...(data == null ? {} : { data: base64(data) }) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function isSame(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}
