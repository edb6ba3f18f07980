/** Payloads as Temporal's remote codecs write them: JSON, their bytes in base64. For any JavaScript runtime. */
import type { Payload } from './payload-codec.ts';

export type WrittenPayload = { metadata?: Record<string, string>; data?: string | null };

/** Bytes that are handed on as arguments at once; engines limit how many those may be. */
const CHUNK_BYTES = 0x2000;

/** Writes a payload as JSON, its bytes in base64. */
export function writePayload({ metadata, data }: Payload): WrittenPayload {
  return {
    ...(metadata == null ? {} : { metadata: mapped(metadata, toBase64) }),
    ...(data == null ? {} : { data: toBase64(data) }),
  };
}

/** Reads one that came from elsewhere; undefined when it is none. */
export function readPayload(written: unknown): Payload | undefined {
  if (typeof written !== 'object' || written === null) return undefined;
  const { metadata = {}, data = null } = written as { metadata?: unknown; data?: unknown };
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (data !== null && typeof data !== 'string') return undefined;
  if (!Object.values(metadata).every((value) => typeof value === 'string')) return undefined;
  try {
    return {
      metadata: mapped(metadata as Record<string, string>, fromBase64),
      data: data === null ? null : fromBase64(data),
    };
  } catch {
    return undefined;
  }
}

/** The encoding that a payload's metadata names: `json/plain`, `binary/encrypted` … */
export function encodingOf({ metadata }: Payload): string | undefined {
  const encoding = metadata?.encoding;
  return encoding === undefined ? undefined : new TextDecoder().decode(encoding);
}

function mapped<From, To>(record: Record<string, From>, convert: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    text += Reflect.apply(String.fromCharCode, null, bytes.subarray(from, from + CHUNK_BYTES));
  }
  return btoa(text);
}

/** Throws on what is no base64. */
function fromBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return bytes;
}
