/** Calls of Boon's codec endpoint: `POST <url>/codec/encode` and `/codec/decode`. */
import { BoonCodecError, type CodecDirection, type CodecFault } from './codec-error.ts';

export type CodecEndpointOptions = {
  /** Base of Boon's HTTP server, `https://boon.example.com` say. */
  url: string;
  /** A service's key with the scope `payloads:decode`. */
  apiKey: string;
  /** Milliseconds that one attempt may take. Default: 10,000. */
  timeoutMs?: number;
  /** Attempts after the first, where no answer came or the server was overloaded. Default: 3. */
  retries?: number;
  /** Another `fetch`, for tests and proxies. */
  fetch?: typeof fetch;
};

/** Sends a body and returns the payloads of the answer, unread; rejects with a {@link BoonCodecError}. */
export type CodecEndpoint = (direction: CodecDirection, body: string) => Promise<unknown[]>;

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_RETRIES = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const SCOPE = 'payloads:decode';

/** Both directions only compute, so an attempt whose answer was lost is made again. */
export function codecEndpoint(options: CodecEndpointOptions): CodecEndpoint {
  const base = baseOf(options.url);
  if (!/^[\x21-\x7e]+$/.test(options.apiKey)) {
    throw new TypeError('apiKey must be a key of Boon: printable characters, no space or line break.');
  }
  const send = options.fetch ?? fetch;
  const retries = options.retries ?? DEFAULT_RETRIES;

  return async (direction, body) => {
    for (let tried = 0; ; tried += 1) {
      const outcome = await attempt(direction, body);
      if ('payloads' in outcome) return outcome.payloads;
      if (!outcome.again || tried >= retries) throw outcome.error;
      const doubled = FIRST_PAUSE_MS * 2 ** tried * (0.5 + Math.random() / 2);
      await pause(Math.min(Math.max(doubled, outcome.waitMs), LONGEST_PAUSE_MS));
    }
  };

  type Outcome = { payloads: unknown[] } | { error: BoonCodecError; again: boolean; waitMs: number };

  async function attempt(direction: CodecDirection, body: string): Promise<Outcome> {
    const url = `${base}/codec/${direction}`;
    let response: Response;
    let text: string;
    try {
      response = await send(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      });
      text = await response.text();
    } catch (cause) {
      return { error: silence(direction, url, cause), again: true, waitMs: 0 };
    }
    const answer = parsed(text);
    if (response.ok && Array.isArray(answer.payloads)) return { payloads: answer.payloads };
    const { status } = response;
    const error = new BoonCodecError(direction, faultOf(status), explained(url, status, answer), { status });
    const waitMs = 1000 * Number(response.headers.get('retry-after') ?? 0) || 0;
    return { error, again: status === 429 || status >= 500, waitMs };
  }
}

/** Throws TypeError on what is no address. */
function baseOf(url: string): string {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError(`${url} is no http or https address.`);
  return url.replace(/\/+$/, '');
}

function silence(direction: CodecDirection, url: string, cause: unknown): BoonCodecError {
  const { name, message } = cause as Partial<Error>;
  if (name === 'TimeoutError') {
    return new BoonCodecError(direction, 'timeout', `${url} did not answer in time.`, { cause });
  }
  // What fetch throws says no more than "fetch failed"; its cause says why.
  const why = (cause as { cause?: Partial<Error> }).cause?.message || message;
  return new BoonCodecError(direction, 'unreachable', `${url} cannot be reached: ${why}.`, { cause });
}

const FAULTS: Record<number, CodecFault> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'unreachable',
};

function faultOf(status: number): CodecFault {
  return FAULTS[status] ?? (status >= 500 ? 'unreachable' : 'unexpected_answer');
}

/** What happened and what to do; the server's own word where it gave one. */
function explained(url: string, status: number, { detail }: Record<string, unknown>): string {
  const word = typeof detail === 'string' ? ` ${detail}` : '';
  const answered = `${url} answered ${status}.${word}`;
  switch (faultOf(status)) {
    case 'unauthorized':
      return `${answered} Use a key that Boon knows, with the scope ${SCOPE}.`;
    case 'forbidden':
      return `${answered} The key needs the scope ${SCOPE}.`;
    case 'not_found':
      return `${answered} \`url\` must be the base of Boon’s HTTP server.`;
    case 'unexpected_answer':
      return `${answered} That is no answer of Boon’s codec endpoint.`;
    default:
      return answered;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
