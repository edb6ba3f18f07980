import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import nodemailer, { type SendMailOptions, type Transporter } from 'nodemailer';

/**
 * A mail transport for a machine without a mail server: each mail becomes a file that any mail program opens.
 *
 * The files hold claim links, so only their owner reads them. Nothing leaves the machine; whoever starts with this
 * must say so.
 *
 * @returns a transport for nodemailer's callers; `messageId` names the file, so a mail that is sent again replaces itself
 */
export function mailFolder(folder: string): Pick<Transporter, 'sendMail' | 'close'> {
  const writer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const sendMail = async (mail: SendMailOptions) => {
    const written = await writer.sendMail(mail);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = mailFile(folder, String(written.messageId));
    await writeFile(`${file}.new`, written.message as Buffer, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return written;
  };
  return { sendMail, close: () => writer.close() } as Pick<Transporter, 'sendMail' | 'close'>;
}

/** The file of a mail: `<claim.gft_1@localhost>` is `claim.gft_1@localhost.eml`. */
function mailFile(folder: string, messageId: string): string {
  return join(folder, `${messageId.replace(/[^\w.@-]/g, '')}.eml`);
}
