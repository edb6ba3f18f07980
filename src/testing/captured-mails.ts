/** A mail transport that keeps what it is given: for tests that read claim links and need no mail server. */
import nodemailer, { type SendMailOptions, type Transporter } from 'nodemailer';

/** A mail as its recipient would get it. */
export type CapturedMail = {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The whole message, headers and all. */
  raw: string;
  /** What a claim link in it holds: the gift, and the token that claims it. */
  claim: { gift_id: string; token: string } | undefined;
};

const CLAIM_LINK = /\/claim\/([\w-]+)#token=([\w-]+)/;

/** @returns the transport, which writes each mail as real MIME into memory, and the mails in the order of sending. */
export function captureMails(): { transport: Pick<Transporter, 'sendMail'>; mails: readonly CapturedMail[] } {
  const mails: CapturedMail[] = [];
  const writer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const sendMail = async (mail: SendMailOptions) => {
    const written = await writer.sendMail(mail);
    const text = String(mail.text ?? '');
    const [, gift_id, token] = CLAIM_LINK.exec(text) ?? [];
    mails.push({
      to: String(mail.to),
      subject: String(mail.subject ?? ''),
      text,
      html: String(mail.html ?? ''),
      raw: String(written.message),
      claim: gift_id === undefined || token === undefined ? undefined : { gift_id, token },
    });
    return written;
  };
  return { transport: { sendMail } as Pick<Transporter, 'sendMail'>, mails };
}
