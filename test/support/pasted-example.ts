/** The example that a start shows, done as somebody does who pastes it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { executableOnPath } from '../../src/local/executable.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** What the command answers; where the machine has no curl, what the call that it makes does. */
export async function pasteOf(example: string) {
  if (executableOnPath(process.env, 'curl') !== undefined) {
    return JSON.parse((await run('sh', ['-c', example], { cwd: ROOT })).stdout);
  }
  const [url = ''] = /http:\S+/.exec(example) ?? [];
  const [, body = ''] = /-d '([^']*)'/.exec(example) ?? [];
  const [, keyFile = ''] = /cat '([^']*)'/.exec(example) ?? [];
  const [, idempotencyKey = ''] = /Idempotency-Key: ([^"]+)"/.exec(example) ?? [];
  const headers = {
    authorization: `Bearer ${readFileSync(resolve(ROOT, keyFile), 'utf8').trim()}`,
    'content-type': 'application/json',
    'idempotency-key': idempotencyKey,
  };
  return await (await fetch(url, { method: 'POST', headers, body })).json();
}
