import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withElapsed } from '../../src/local/progress.ts';

test('a long step says what it is, how long it has been running, and that it is done', async () => {
  const lines: string[] = [];
  const result = await withElapsed(
    (line) => lines.push(line),
    'Building',
    () => delay(250, 'built'),
    100,
  );
  expect(result).toBe('built');
  expect(lines.slice(0, 2)).toEqual(['Building …', 'Building: 0 s …']);
  expect(lines.at(-1)).toBe('Building: done after 0 s');
});

test('a step that fails says so and passes its error on', async () => {
  const lines: string[] = [];
  const step = () => Promise.reject(new Error('no compiler'));
  await expect(withElapsed((line) => lines.push(line), 'Building', step)).rejects.toThrow('no compiler');
  expect(lines.at(-1)).toBe('Building: failed after 0 s');
});
