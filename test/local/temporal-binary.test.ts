import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { bareMachine } from './support/bare-machine.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const GO_INSTALL = 'go install github.com/temporalio/cli/cmd/temporal@v1.5.1';

describe('the Temporal CLI is looked for', () => {
  test('first where BOON_TEMPORAL_CLI says', async () => {
    const machine = bareMachine({ commands: ['temporal'] });
    const mine = executable(join(scratchFolder(), 'my-temporal'));
    const env = { ...machine.env, BOON_TEMPORAL_CLI: mine };
    expect(await findTemporalCli(silent, { ...machine, env })).toBe(mine);
  });

  test('and a BOON_TEMPORAL_CLI that names no executable is said, not passed over', async () => {
    const machine = bareMachine({ commands: ['temporal'] });
    const env = { ...machine.env, BOON_TEMPORAL_CLI: '/no/such/file' };
    await expect(findTemporalCli(silent, { ...machine, env })).rejects.toThrow(
      new LocalSetupError(
        'BOON_TEMPORAL_CLI is /no/such/file, which is not an executable file: correct it or unset it',
      ),
    );
  });

  test('then on the PATH, before the cache', async () => {
    const machine = bareMachine({ commands: ['temporal'] });
    executable(join(machine.cache, 'bin', 'temporal-1.5.1'));
    expect(await findTemporalCli(silent, machine)).toBe(join(machine.bin, 'temporal'));
  });

  test('then where Go installs commands, so that the advised command helps without a change of the PATH', async () => {
    const machine = bareMachine();
    const installed = executable(join(machine.env.HOME ?? '', 'go', 'bin', 'temporal'));
    expect(await findTemporalCli(silent, machine)).toBe(installed);
  });

  test('then in the cache, before anything is fetched', async () => {
    const machine = bareMachine({ commands: ['go'] });
    const cached = executable(join(machine.cache, 'bin', 'temporal-1.5.1'));
    expect(await findTemporalCli(silent, machine)).toBe(cached);
    expect(machine.tried).toEqual([]);
  });

  test('then the SDK downloads it, into the cache', async () => {
    const machine = bareMachine({
      commands: ['go'],
      download: async (_server, version, folder) => executable(join(folder, `temporal-${version}`)),
    });
    const found = await findTemporalCli(silent, machine);
    expect(found).toBe(join(machine.cache, 'bin', 'temporal-1.5.1'));
    expect(await findTemporalCli(silent, machine)).toBe(found);
    expect(machine.tried).toEqual(['download dev-server v1.5.1']);
  });

  test('then Go builds it into the cache, which then holds nothing else', async () => {
    const machine = bareMachine({
      commands: ['go'],
      run: async (_command, _args, options) => {
        executable(join(options?.env?.GOBIN ?? '', 'temporal'));
        return { ok: true, output: '' };
      },
    });
    const lines: string[] = [];
    expect(await findTemporalCli((line) => lines.push(line), machine)).toBe(
      join(machine.cache, 'bin', 'temporal-1.5.1'),
    );
    expect(machine.tried).toEqual(['download dev-server v1.5.1', GO_INSTALL]);
    expect(lines).toContain('Building the Temporal server with Go (about 3 minutes, once) …');
    expect(readdirSync(machine.cache)).toEqual(['bin']);
    expect(readdirSync(join(machine.cache, 'bin'))).toEqual(['temporal-1.5.1']);
  });
});

test('without Go the message holds the command that gets the Temporal CLI', async () => {
  const machine = bareMachine();
  await expect(findTemporalCli(silent, machine)).rejects.toThrow(
    new LocalSetupError(
      `No Temporal server is installed and none could be downloaded: install Go and run \`${GO_INSTALL}\`, or put the Temporal CLI on the PATH`,
    ),
  );
});

test('a build that fails is said with its last line, and leaves nothing in the cache', async () => {
  const machine = bareMachine({
    commands: ['go'],
    run: async () => ({ ok: false, output: 'go: downloading …\ngo: no such host\n' }),
  });
  await expect(findTemporalCli(silent, machine)).rejects.toThrow(
    `Go could not build the Temporal server (go: no such host): run \`${GO_INSTALL}\` to see why`,
  );
  expect(existsSync(join(machine.cache, 'bin', 'temporal-1.5.1'))).toBe(false);
  expect(readdirSync(machine.cache)).toEqual(['bin']);
});

test('a cache that may not be written names its setting', async () => {
  const machine = bareMachine();
  const file = executable(join(scratchFolder(), 'file'));
  const env = { ...machine.env, BOON_CACHE_DIR: join(file, 'cache') };
  await expect(findTemporalCli(silent, { ...machine, env })).rejects.toThrow(
    /cannot be written \(ENOTDIR\): set BOON_CACHE_DIR/,
  );
});

test('of two searches at once one fetches and the other waits for it', async () => {
  const machine = bareMachine({
    download: async (_server, _version, folder) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return executable(join(folder, 'temporal'));
    },
  });
  const lines: string[] = [];
  const both = await Promise.all([
    findTemporalCli((line) => lines.push(line), machine),
    findTemporalCli((line) => lines.push(line), machine),
  ]);
  expect(both[0]).toBe(both[1]);
  expect(machine.tried).toEqual(['download dev-server v1.5.1']);
  expect(lines).toContain(`Waiting for process ${process.pid}: it is fetching the Temporal server …`);
});
