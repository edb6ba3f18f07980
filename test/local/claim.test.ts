import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Claim, takeClaim } from '../../src/local/claim.ts';
import { isRunning, markOf, type ProcessMark } from '../../src/local/process-mark.ts';
import { scratchFolder } from './support/scratch.ts';

/** A process that has ended: nothing has this number and birth any more. */
function deadProcess(): ProcessMark {
  return { pid: spawnSync('true').pid, born: 'long ago' };
}

async function longProcess(): Promise<ProcessMark> {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const mark = markOf(child.pid ?? 0);
  if (mark === undefined) throw new Error('sleep did not start');
  return mark;
}

async function claimed(file: string): Promise<Claim> {
  const claim = await takeClaim(file);
  if ('heldBy' in claim) throw new Error(`held by ${claim.heldBy.pid}`);
  return claim;
}

test('a folder is claimed once at a time', async () => {
  const file = join(scratchFolder(), 'claim');
  const claim = await claimed(file);
  expect(await takeClaim(file)).toEqual({ heldBy: markOf(process.pid) });
  await claim.release();
  expect(existsSync(file)).toBe(false);
  await claimed(file);
});

test('the claim of a process that has died is taken over', async () => {
  const file = join(scratchFolder(), 'claim');
  writeFileSync(file, JSON.stringify({ owner: deadProcess() }));
  await claimed(file);
});

test('a number that another process was given since is not taken for the owner', async () => {
  const file = join(scratchFolder(), 'claim');
  writeFileSync(file, JSON.stringify({ owner: { pid: process.pid, born: 'before' } }));
  await claimed(file);
});

test('the server that a dead owner left behind is ended first', async () => {
  const file = join(scratchFolder(), 'claim');
  const server = await longProcess();
  writeFileSync(file, JSON.stringify({ owner: deadProcess(), server }));
  await claimed(file);
  expect(isRunning(server)).toBe(false);
});

test('a stranger with the number of the recorded server is left alone', async () => {
  const file = join(scratchFolder(), 'claim');
  const stranger = await longProcess();
  writeFileSync(file, JSON.stringify({ owner: deadProcess(), server: { ...stranger, born: 'before' } }));
  await claimed(file);
  expect(isRunning(stranger)).toBe(true);
});

test.each(['', '{"owner":', '[]'])(
  'a claim file that was never completed (%j) does not block',
  async (text) => {
    const file = join(scratchFolder(), 'claim');
    writeFileSync(file, text);
    await claimed(file);
  },
);

test('a claim that is released twice does not take away a later one', async () => {
  const file = join(scratchFolder(), 'claim');
  const first = await claimed(file);
  await first.release();
  await claimed(file);
  await first.release();
  expect(existsSync(file)).toBe(true);
});
