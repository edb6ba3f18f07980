/** Whether a refusal says what is so: each answer that a test's server gives is looked at. */
import { expect } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/contracts/error-codes.ts';

type Problem = {
  code: ErrorCode;
  status: number;
  fix: string;
  detail: string;
  errors?: { path: string; message: string }[];
};

/** How a message of a faulty field begins, after the field's name. */
const PLAIN = /^(must |is |has |gives |ids that |contains )/;
/** Words of libraries and engines. */
const FOREIGN =
  /Invalid (input|option|string|ISO)|, received |Unrecognized|Too (big|small)|Unexpected (token|end)|JSON at|\bregex|\bpattern|FST_/;

export function expectTrueProblem(what: string, { status, headers }: Response, json: object): void {
  expect(headers.get('x-request-id'), `${what} has an id`).toEqual(expect.any(String));
  if (status === 503) expect(headers.get('retry-after'), `${what} says when to try again`).not.toBeNull();
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true) return;
  const problem = json as Problem;
  const { code, fix, detail, errors = [] } = problem;
  const where = `${what} answered ${JSON.stringify(json)}`;
  expect(status, where).toBe(ERRORS[code].status);
  if (code === 'rate_limited') expect(headers.get('retry-after'), where).toMatch(/^\d+$/);
  for (const named of ['reason_code', 'errors'])
    if (fix.includes(`\`${named}\``)) expect(json, where).toHaveProperty(named);
  if (fix.includes('Retry-After')) expect(headers.get('retry-after'), where).not.toBeNull();
  if (fix.includes('`Allow`')) expect(headers.get('allow'), where).not.toBeNull();
  if (fix.includes('the scope that')) expect(detail, where).toMatch(/scope (\w+:\w+|\*)/);
  if (fix.startsWith('Check the id')) expect(detail, where).not.toMatch(/path/);
  expect(detail, where).not.toMatch(FOREIGN);
  for (const { message } of errors) {
    expect(message, where).toMatch(PLAIN);
    expect(message, where).not.toMatch(FOREIGN);
  }
}
