/** What kinds of values settings take, as the text of an environment variable. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** Some text. */
export const text = (message: string) => z.string({ error: message }).min(1, message);
/** A whole number within bounds, written in digits. */
export const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string({ error: message })
    .regex(/^\d{1,12}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
};
/** A URL of http or https, without slashes at its end. */
export const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://example.com' })
    .transform((url) => url.replace(/\/+$/, ''));

/** Origins of pages, with commas between them. */
export const origins = (example: string) =>
  z
    .string()
    .transform((value) => value.split(',').map((origin) => origin.trim().replace(/\/+$/, '')))
    .refine(
      (list) => list.every((origin) => /^https?:\/\/[^/\s]+$/.test(origin)),
      `must be origins such as ${example}, with commas between them`,
    );

/** An address, or one with the length of its network's prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most);
  return isIP(address) !== 0 && rest.length === 0 && fits;
}

/** Addresses or networks, with commas between them. */
export const networks = () =>
  z
    .string()
    .transform((value) => value.split(',').map((proxy) => proxy.trim()))
    .refine(
      (list) => list.every(isNetwork),
      'must be addresses or networks such as 10.0.0.0/8, with commas between them',
    );

/** Names out of a list, with commas between them. */
export const namesOf = <Name extends string>(names: readonly Name[]) =>
  z
    .string()
    .transform((value) => value.split(',').map((name) => name.trim()))
    .pipe(
      z.array(z.enum(names, { error: `must be names out of ${names.join(', ')}, with commas between them` })),
    );
