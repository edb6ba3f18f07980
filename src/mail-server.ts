/** The connection to the mail server of `BOON_SMTP_URL`. */
import nodemailer, { type Transporter } from 'nodemailer';
import { isClearText } from './risks.ts';

/**
 * Mails to another machine go through TLS: where the URL is `smtp:` the server must offer STARTTLS, or the mail is not sent.
 * @param options of the connection, as nodemailer has them
 */
export function mailServer(smtpUrl: string, options: Record<string, unknown>): Transporter {
  const url = new URL(smtpUrl);
  if (isClearText(smtpUrl, 'smtp:') && url.searchParams.get('ignoreTLS') !== 'true')
    url.searchParams.set('requireTLS', 'true');
  for (const [name, value] of Object.entries(options)) url.searchParams.set(name, String(value));
  return nodemailer.createTransport(url.toString());
}
