import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bareEnvironment } from '../support/bare-environment.ts';
import { npmStartWith } from '../support/local-start.ts';

const MINUTES = 60_000;

test('npm start gets all that it needs on a machine with nothing but Node, npm and Python, answers a request, and then plays the story', {
  timeout: 8 * MINUTES,
}, async () => {
  const env = await bareEnvironment();
  for (const cache of ['cold', 'warm']) {
    const start = npmStartWith(env, { BOON_DATA_DIR: join(env.HOME, cache) });
    await start.untilPrinted('Ready: ', 3 * MINUTES);
    const [, seconds, url = ''] = /\[ *([\d.]+) s\] Ready: (\S+)/.exec(start.output()) ?? [];
    // The figure is told, not asserted: it is the machine's.
    console.log(`ready after ${seconds} s with a ${cache} cache`);
    expect(start.output()).not.toContain('The story');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    if (cache === 'cold') await start.untilPrinted('1. Ada gives Grace 40 credits.');
    start.ctrlC();
    expect(await start.ended).toBe(0);
  }
});
