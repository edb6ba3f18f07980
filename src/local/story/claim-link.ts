import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../setup-error.ts';

const WITHIN_MS = 20_000;

/**
 * The mail about a gift among the mails that are written into a folder, waited for until it is there.
 *
 * @returns its file, and the token of the claim link in it
 * @throws Error when no mail comes, or one without a link
 */
export async function claimMailIn(
  folder: string,
  giftId: string,
  signal: AbortSignal,
): Promise<{ file: string; token: string }> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const file = await mailAbout(folder, giftId);
    if (file !== undefined) {
      const token = /#token=([\w-]+)/.exec(decoded(await readFile(file, 'utf8')))?.[1];
      if (token === undefined) throw new Error(`${file} holds no claim link`);
      return { file, token };
    }
    if (performance.now() > deadline) throw new Error(`No mail about ${giftId} came into ${folder}`);
    await delay(100, undefined, { signal });
  }
}

async function mailAbout(folder: string, giftId: string): Promise<string | undefined> {
  try {
    const name = (await readdir(folder)).find((file) => file.includes(giftId) && file.endsWith('.eml'));
    return name === undefined ? undefined : join(folder, name);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Quoted-printable, the way mails wrap lines and write what is not plain ASCII. */
function decoded(mail: string): string {
  return mail
    .replace(/=\r?\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
