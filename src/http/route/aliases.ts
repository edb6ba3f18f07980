/** Paths of before, which keep working. They are not in the OpenAPI document. */

/** A path of before and the one that it stands for, the longer before its own beginning. */
const ALIASES = [
  ['/v1/billing/credits/transfers', '/v1/transfers'],
  ['/v1/billing/credits/transfer', '/v1/transfers'],
] as const;

/** The URL of a request under the path that has it now. */
export function presentUrl(url: string): string {
  const alias = ALIASES.find(([before]) => url.startsWith(before) && isWhole(url, before.length));
  return alias === undefined ? url : alias[1] + url.slice(alias[0].length);
}

/** What a path of before answers: its callers know a transfer by its `object`. */
export function answerOfBefore(originalUrl: string, payload: string): string {
  if (presentUrl(originalUrl) === originalUrl) return payload;
  const answer: { data?: object[] } = JSON.parse(payload);
  const named = (transfer: object) => ({ object: 'credit_transfer', ...transfer });
  return JSON.stringify(
    answer.data === undefined ? named(answer) : { ...answer, data: answer.data.map(named) },
  );
}

function isWhole(url: string, length: number): boolean {
  return url.length === length || url[length] === '/' || url[length] === '?';
}

/**
 * The route that a write is recorded under: the one of before, so that a retry finds what was recorded before the path
 * was replaced.
 */
export function recordedRoute(method: string, url: string): string {
  if (url === '/v1/transfers') return `${method} /v1/billing/credits/transfer`;
  if (url.startsWith('/v1/transfers/')) return `${method} /v1/billing/credits${url.slice('/v1'.length)}`;
  return `${method} ${url}`;
}
