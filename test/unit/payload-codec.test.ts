import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createPayloadCodec, PayloadUnreadable, payloadKeys } from '../../src/temporal/payload-codec.ts';

const key = randomBytes(32);
const personal = createPayloadCodec({ encryption: 'personal', keys: [key] });
const all = createPayloadCodec({ encryption: 'all', keys: [key] });

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value) as Payload;
}

function textIn(payload: Payload | undefined): string {
  return Buffer.from(payload?.data ?? []).toString('latin1');
}

test.each([
  { reason: 'she is my neighbour' },
  { gift: { message: 'happy birthday' } },
  { email: 'grace@example.com' },
  { token: 'q0Zk3vT1oX9m' },
  { account_id: 'grace.hopper@example.com' },
  'Link used by grace.hopper@example.com',
])('somebody’s words are unreadable without the key, and come back with it: %o', async (value) => {
  const [encrypted] = await personal.encode([payloadOf(value)]);
  expect(textIn(encrypted)).not.toMatch(/neighbour|birthday|grace|q0Zk/);
  const [decrypted] = await personal.decode([encrypted as Payload]);
  expect(defaultPayloadConverter.fromPayload(decrypted as Payload)).toEqual(value);
});

test('what nobody wrote stays as it is, to the byte', async () => {
  const quiet = payloadOf({ status: 'settled', message: null, reason_code: 'velocity' });
  expect(await personal.encode([quiet])).toEqual([quiet]);
});

test('with encryption of everything, every payload is unreadable and comes back', async () => {
  const [encrypted] = await all.encode([payloadOf({ status: 'settled' })]);
  expect(textIn(encrypted)).not.toContain('settled');
  const [decrypted] = await all.decode([encrypted as Payload]);
  expect(defaultPayloadConverter.fromPayload(decrypted as Payload)).toEqual({ status: 'settled' });
});

test('the same words are encrypted differently each time', async () => {
  const [first, second] = await all.encode([payloadOf('hello'), payloadOf('hello')]);
  expect(textIn(first)).not.toBe(textIn(second));
});

test('a new key encrypts, and what an old one encrypted is still read', async () => {
  const [old] = await all.encode([payloadOf('written before')]);
  const rotated = createPayloadCodec({ encryption: 'all', keys: [randomBytes(32), key] });
  const [recent] = await rotated.encode([payloadOf('written after')]);
  const read = await rotated.decode([old as Payload, recent as Payload]);
  expect(read.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([
    'written before',
    'written after',
  ]);
  await expect(all.decode([recent as Payload])).rejects.toThrow(PayloadUnreadable);
});

test('a payload that was changed is refused', async () => {
  const [encrypted] = await all.encode([payloadOf('hello')]);
  for (const at of [0, 20, (encrypted?.data?.length ?? 1) - 1]) {
    const data = Uint8Array.from(encrypted?.data ?? []);
    data[at] = (data[at] ?? 0) ^ 1;
    await expect(all.decode([{ ...encrypted, data }])).rejects.toThrow(PayloadUnreadable);
  }
});

test('the key derived from the database’s key always reads, whatever is configured', async () => {
  const encryptionKey = randomBytes(32);
  const before = createPayloadCodec({ encryption: 'all', keys: payloadKeys(encryptionKey, []) });
  const [old] = await before.encode([payloadOf('hello')]);
  const after = createPayloadCodec({
    encryption: 'all',
    keys: payloadKeys(encryptionKey, [randomBytes(32)]),
  });
  const [read] = await after.decode([old as Payload]);
  expect(defaultPayloadConverter.fromPayload(read as Payload)).toBe('hello');
});

test('each of three configured keys and the derived one reads what it encrypted, whichever is the first', async () => {
  const own = Buffer.alloc(32, 1);
  const configured = [2, 3, 4].map((byte) => Buffer.alloc(32, byte));
  const keys = payloadKeys(own, configured);
  expect(keys).toHaveLength(4);
  expect(keys.slice(0, 3)).toEqual(configured);
  const written = defaultPayloadConverter.toPayload({ message: 'hello' });
  const reader = createPayloadCodec({ encryption: 'all', keys });
  for (const key of keys) {
    const writer = createPayloadCodec({ encryption: 'all', keys: [key] });
    const read = await reader.decode(await writer.encode([written]));
    expect(read.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([
      { message: 'hello' },
    ]);
  }
});
