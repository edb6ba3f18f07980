/**
 * What people wrote is encrypted before it leaves this process for Temporal: AES-256-GCM, under a key whose id
 * is stored beside the ciphertext, so that keys can change while processes run.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { holdsAddress } from '../domain/address-in-text.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** Which payloads are encrypted: those that hold what somebody wrote or an e-mail address, or every one. */
export type PayloadEncryption = 'personal' | 'all';

export type PayloadKeys = {
  encryption: PayloadEncryption;
  /** 32 bytes each. The first encrypts; each decrypts what was encrypted with it. */
  keys: readonly [Buffer, ...Buffer[]];
};

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Beside any text with an e-mail address in it: fields that hold what somebody wrote, an address or a secret, as `JSON.stringify` writes them. A field that is null
 * or missing reveals nothing, so a gift without a message costs not one byte more.
 */
const PERSONAL_FIELDS = ['message', 'reason', 'email', 'token'].map((name) => Buffer.from(`"${name}":"`));

/** A payload cannot be read: its key is not at hand, or it was changed. */
export class PayloadUnreadable extends Error {
  override readonly name = 'PayloadUnreadable';
}

/**
 * The keys of a process: those that were set, else one derived from the key of the database; that one always decrypts.
 */
export function payloadKeys(encryptionKey: Buffer, configured: readonly Buffer[]): [Buffer, ...Buffer[]] {
  const derived = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'boon payloads', 32));
  const [first = derived, ...others] = [...configured, derived];
  return [first, ...others];
}

/** The codec that workers, clients and the codec endpoint share. */
export function createPayloadCodec({ encryption, keys }: PayloadKeys): PayloadCodec {
  const byId = new Map(keys.map((key) => [keyId(key), key]));
  const [current] = keys;
  const currentId = Buffer.from(keyId(current));
  return {
    async encode(payloads) {
      return payloads.map((payload) =>
        encryption === 'all' || isPersonal(payload) ? encrypt(payload) : payload,
      );
    },
    async decode(payloads) {
      return payloads.map((payload) =>
        textOf(payload.metadata?.encoding) === ENCODING ? decrypt(payload) : payload,
      );
    },
  };

  function encrypt(payload: Payload): Payload {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, current, nonce).setAAD(currentId);
    const text = PayloadMessage.encode(payload).finish();
    const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: Buffer.from(ENCODING), key: currentId }, data: sealed };
  }

  function decrypt({ metadata, data }: Payload): Payload {
    const id = textOf(metadata?.key);
    const key = byId.get(id);
    if (key === undefined) throw new PayloadUnreadable(`There is no key "${id}" to read a payload with.`);
    const sealed = Buffer.from(data ?? []);
    const end = sealed.length - TAG_BYTES;
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(end));
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
      const { metadata: inner, data: content } = PayloadMessage.decode(text);
      return { metadata: inner, data: content };
    } catch (error) {
      throw new PayloadUnreadable('A payload was changed, or is not what it says.', { cause: error });
    }
  }
}

/** What a payload names its key by: a digest that reveals nothing of the key. */
function keyId(key: Buffer): string {
  return createHash('sha256').update('boon payload key').update(key).digest('hex').slice(0, 8);
}

function isPersonal({ data }: Payload): boolean {
  if (data == null) return false;
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PERSONAL_FIELDS.some((field) => text.includes(field)) || holdsAddress(text.toString('latin1'));
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes).toString();
}
