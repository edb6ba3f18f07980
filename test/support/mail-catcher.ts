/** A real SMTP server that keeps the mails it takes, and can be told to fail. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

type CaughtMail = { from: string; to: string[]; headers: Map<string, string>; body: string };

export type Treatment = number | `${number} ${string}` | 'hang' | 'silent';

export type MailCatcher = {
  url: string;
  mails: CaughtMail[];
  /** What it answers to the next mails instead of taking them: an SMTP reply code, or undefined to take them. */
  refuseWith: (code: number | undefined) => void;
  /**
   * What it does with mails to one address: answers with a code, with words if need be, to the address; says nothing to it
   * (`hang`); or takes the text and says nothing to that (`silent`). Undefined: takes them again.
   */
  treat: (address: string, how: Treatment | undefined) => void;
  /** What it answers to who sends, before any address is told. */
  refuseSender: (code: number | undefined) => void;
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
  let senderRefusal: number | undefined;
  const treatments = new Map<string, Treatment>();
  const server = new SMTPServer({
    authOptional: true,
    // Those who were left hanging do not keep it open.
    closeTimeout: 100,
    onMailFrom(_address, _session, callback) {
      if (senderRefusal === undefined) return callback();
      callback(Object.assign(new Error('no mail from you'), { responseCode: senderRefusal }));
    },
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(address, _session, callback) {
      tries += 1;
      const how = treatments.get(address.address);
      if (how === 'hang') return;
      if (how !== undefined && how !== 'silent') {
        const [code, ...words] = `${how} no room for ${address.address}`.split(' ');
        return callback(Object.assign(new Error(words.join(' ')), { responseCode: Number(code) }));
      }
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
        if (rcptTo.some(({ address }) => treatments.get(address) === 'silent')) return;
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
    treat: (address, how) => {
      if (how === undefined) treatments.delete(address);
      else treatments.set(address, how);
    },
    refuseSender: (code) => {
      senderRefusal = code;
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
