import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';
import { bareMachine } from './support/bare-machine.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const COPY = 'mvn -B -ntp dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib';

describe('the time-skipping server is looked for', () => {
  test('first where BOON_TEMPORAL_TEST_SERVER says', async () => {
    const machine = bareMachine({ commands: ['temporal-test-server'] });
    const mine = executable(join(scratchFolder(), 'my-server'));
    const env = { ...machine.env, BOON_TEMPORAL_TEST_SERVER: mine };
    expect(await findTimeSkippingServer(silent, { ...machine, env })).toBe(mine);
  });

  test('then on the PATH, before the cache', async () => {
    const machine = bareMachine({ commands: ['temporal-test-server'] });
    executable(join(machine.cache, 'bin', 'temporal-test-server-1.38.0'));
    expect(await findTimeSkippingServer(silent, machine)).toBe(join(machine.bin, 'temporal-test-server'));
  });

  test('then in the cache, before anything is fetched', async () => {
    const machine = bareMachine({ commands: ['java', 'mvn'] });
    const cached = executable(join(machine.cache, 'bin', 'temporal-test-server-1.38.0'));
    expect(await findTimeSkippingServer(silent, machine)).toBe(cached);
    expect(machine.tried).toEqual([]);
  });

  test('then the SDK downloads it, into the cache', async () => {
    const machine = bareMachine({
      download: async (_server, version, folder) => executable(join(folder, `server-${version}`)),
    });
    const found = await findTimeSkippingServer(silent, machine);
    expect(found).toBe(join(machine.cache, 'bin', 'temporal-test-server-1.38.0'));
    expect(await findTimeSkippingServer(silent, machine)).toBe(found);
    expect(machine.tried).toEqual(['download time-skipping v1.38.0']);
  });

  test('then Maven fetches it into the cache, with a launcher', async () => {
    let pom = '';
    const machine = bareMachine({
      commands: ['java', 'mvn'],
      run: async (_command, _args, options) => {
        pom = readFileSync(join(options?.cwd ?? '', 'pom.xml'), 'utf8');
        executable(join(options?.cwd ?? '', 'lib', 'server.jar'));
        return { ok: true, output: '' };
      },
    });
    const found = await findTimeSkippingServer(silent, machine);
    expect(found).toBe(join(machine.cache, 'temporal-test-server-1.38.0', 'launch'));
    expect(machine.tried).toEqual(['download time-skipping v1.38.0', COPY]);
    expect(pom).toContain('<artifactId>temporal-test-server</artifactId><version>1.38.0</version>');
    expect(readdirSync(join(found, '..')).sort()).toEqual(['launch', 'lib', 'pom.xml']);
  });
});

test.each([['mvn'], ['java']])('with nothing but %s the message says what to install', async (only) => {
  const machine = bareMachine({ commands: [only] });
  await expect(findTimeSkippingServer(silent, machine)).rejects.toThrow(
    new LocalSetupError(
      'The time-skipping test server is not installed and could not be downloaded: install Java and Maven (`apt-get install maven` or `brew install maven`), or put temporal-test-server on the PATH',
    ),
  );
});

test('a launcher in the cache is of no use once Java is gone', async () => {
  const machine = bareMachine();
  executable(join(machine.cache, 'temporal-test-server-1.38.0', 'launch'));
  await expect(findTimeSkippingServer(silent, machine)).rejects.toThrow('install Java and Maven');
});

test('a fetch that fails is said with the first error that Maven gave', async () => {
  const output = '[INFO] Scanning\n[ERROR] Could not transfer artifact\n[ERROR] [Help 1] …\n';
  const machine = bareMachine({ commands: ['java', 'mvn'], run: async () => ({ ok: false, output }) });
  await expect(findTimeSkippingServer(silent, machine)).rejects.toThrow(
    'Maven could not fetch io.temporal:temporal-test-server:1.38.0 ([ERROR] Could not transfer artifact)',
  );
});
