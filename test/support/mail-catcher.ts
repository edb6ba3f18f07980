/** A real SMTP server that keeps the mails it takes, and can be told to fail. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

type CaughtMail = { from: string; to: string[]; headers: Map<string, string>; body: string };

export type MailCatcher = {
  url: string;
  mails: CaughtMail[];
  /** What it answers to the next mails instead of taking them: an SMTP reply code, or undefined to take them. */
  refuseWith: (code: number | undefined) => void;
  /** Lets every mail wait so many milliseconds for its answer. */
  answerAfter: (milliseconds: number) => void;
  /** How many times somebody tried to hand in a mail. */
  tries: () => number;
  close: () => Promise<void>;
};

export async function catchMails(): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  let refusal: number | undefined;
  let tries = 0;
  let wait = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(address, _session, callback) {
      tries += 1;
      if (refusal === undefined) return callback();
      callback(Object.assign(new Error(`no mail for ${address.address}`), { responseCode: refusal }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({
          from,
          to: rcptTo.map(({ address }) => address),
          ...parsed(Buffer.concat(chunks).toString()),
        });
        setTimeout(callback, wait);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuseWith: (code) => {
      refusal = code;
    },
    answerAfter: (milliseconds) => {
      wait = milliseconds;
    },
    tries: () => tries,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function parsed(source: string): { headers: Map<string, string>; body: string } {
  const end = source.indexOf('\r\n\r\n');
  const lines = source
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
  );
  return { headers, body: unquoted(source.slice(end + 4)) };
}

/** Undoes quoted-printable. */
function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
