import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from '../../src/local/cache-folder.ts';

test('the cache is where BOON_CACHE_DIR says, else in the cache folder of the desktop, else in ~/.cache', () => {
  expect(cacheFolder({ BOON_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ BOON_CACHE_DIR: '', XDG_CACHE_HOME: '/b' })).toBe('/b/boon');
  expect(cacheFolder({})).toBe(join(homedir(), '.cache', 'boon'));
});
