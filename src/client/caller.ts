/** One call over HTTP: authentication, idempotency key, time limit, retries. */
import { type BoonApiError, errorOfAnswer, errorOfSilence } from './boon-api-error.ts';

export type BoonClientOptions = {
  /** Where Boon's HTTP server is, `https://boon.example.com` say. */
  baseUrl: string;
  /** Milliseconds that one attempt may take. Default: 30,000. */
  timeoutMs?: number;
  /** Attempts after the first. Default: 4. */
  retries?: number;
  /** Another `fetch`, for tests and proxies. */
  fetch?: typeof fetch;
} & (
  | { /** A service's key. */ apiKey: string; token?: never }
  | {
      /** An end user's token, or what gets a fresh one for each attempt. */ token:
        | string
        | (() => string | Promise<string>);
      apiKey?: never;
    }
);

/** Options of a single call. */
export type CallOptions = {
  /** Ends the call and its retries. */
  signal?: AbortSignal;
};

/** Options of a call that changes something. */
export type WriteOptions = CallOptions & {
  /**
   * Names the intended operation, so that it happens once however often it is asked for. Left out: a random one,
   * the same for the retries of this call. Give your own when the operation must survive a restart of yours.
   */
  idempotencyKey?: string;
};

/** Options of a change that may rest on what was read. */
export type ChangeOptions = CallOptions & {
  /** The `etag` that was read: if it is another by now, the call rejects with `precondition_failed`. */
  ifMatch?: string;
};

/** What was read, and what stands for this very state of it. */
export type Tagged<T> = { value: T; etag: string };

export type Call = {
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  /** A POST that Boon records under this key. */
  key?: string;
  /** The change is made only if what it changes has this ETag. */
  ifMatch?: string | undefined;
  /** The answer is the body with its ETag: `{ value, etag }`. */
  tagged?: boolean;
};

/** Makes a call and returns the body of its answer. */
export type Caller = <T>(call: Call, options?: CallOptions) => Promise<T>;

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export function createCaller(options: BoonClientOptions): Caller {
  const base = options.baseUrl.replace(/\/+$/, '');
  const send = options.fetch ?? fetch;
  const retries = options.retries ?? DEFAULT_RETRIES;

  async function attempt<T>(call: Call, signal: AbortSignal | undefined): Promise<T> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: await authorization(options),
    };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.key !== undefined) headers['idempotency-key'] = call.key;
    if (call.ifMatch !== undefined) headers['if-match'] = call.ifMatch;
    let response: Response;
    let body: unknown;
    try {
      response = await send(`${base}${call.path}${queryText(call.query)}`, {
        method: call.method,
        headers,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      body = parsed(await response.text());
    } catch (cause) {
      signal?.throwIfAborted();
      throw errorOfSilence(cause);
    }
    if (!response.ok) throw errorOfAnswer(response, body);
    return (call.tagged === true ? { value: body, etag: response.headers.get('etag') } : body) as T;
  }

  return async <T>(call: Call, { signal }: CallOptions = {}): Promise<T> => {
    for (let tried = 0; ; tried++) {
      try {
        return await attempt<T>(call, signal);
      } catch (error) {
        if (tried >= retries || !isWorthRepeating(error)) throw error;
        await pause(pauseAfter(error as BoonApiError, tried), signal);
      }
    }
  };
}

async function authorization({ apiKey, token }: BoonClientOptions): Promise<string> {
  if (apiKey !== undefined) return `Bearer ${apiKey}`;
  return `Bearer ${typeof token === 'function' ? await token() : token}`;
}

function queryText(query: Call['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search}`;
}

/** The body as JSON; an answer of something in between, a proxy say, may be no JSON. */
function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false;
  const { status, code } = error as BoonApiError;
  if (code === 'rate_limited') return true;
  return status === 0 || status >= 500;
}

/** Doubles each time, with half of it random, so that many clients do not come back together. */
function pauseAfter(error: BoonApiError, tried: number): number {
  const doubled = FIRST_PAUSE_MS * 2 ** tried * (0.5 + Math.random() / 2);
  return Math.min(Math.max(doubled, (error.retryAfter ?? 0) * 1000), LONGEST_PAUSE_MS);
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
