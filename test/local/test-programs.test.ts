/** The programs that only tests need are found, or fetched, as the servers are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fetchOnce } from '../../src/local/fetch-once.ts';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { findChromium } from '../support/chromium.ts';
import { builtWithGo } from '../support/go.ts';
import { findSchemathesis } from '../support/schemathesis.ts';
import { type BareMachine, bareMachine } from './support/bare-machine.ts';
import { failingPip } from './support/pip.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const NO_PLAYWRIGHT = '/no/such/chromium';

describe('a Chromium for tests is looked for', () => {
  test('first where BOON_CHROMIUM says', async () => {
    const machine = bareMachine({ commands: ['chromium'] });
    const mine = executable(join(scratchFolder(), 'chrome'));
    const env = { ...machine.env, BOON_CHROMIUM: mine };
    const found = await findChromium(silent, { ...machine, env }, NO_PLAYWRIGHT);
    expect(found).toEqual({ executable: mine, env: {} });
  });

  test.each(['chromium', 'chromium-browser', 'google-chrome'])('then on the PATH, as %s', async (name) => {
    const machine = bareMachine({ commands: [name] });
    const found = await findChromium(silent, machine, NO_PLAYWRIGHT);
    expect(found).toEqual({ executable: join(machine.bin, name), env: {} });
  });

  test('then Playwright’s own', async () => {
    const playwrights = executable(join(scratchFolder(), 'chrome'));
    expect(await findChromium(silent, bareMachine(), playwrights)).toEqual({
      executable: playwrights,
      env: {},
    });
  });

  test('then npm’s is unpacked into the cache, with the libraries and fonts that small systems lack', async () => {
    const machine = bareMachine({
      run: async (_command, _args, options) => {
        const folder = options?.env?.TMPDIR ?? '';
        executable(join(folder, 'chromium'));
        executable(join(folder, 'fonts', 'fonts.conf'));
        return { ok: true, output: '' };
      },
    });
    const { executable: found, env } = await findChromium(silent, machine, NO_PLAYWRIGHT);
    const folder = join(machine.cache, 'chromium-153.0.0');
    expect(found).toBe(join(folder, 'chromium'));
    expect(env).toEqual({
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    });
    await findChromium(silent, machine, NO_PLAYWRIGHT);
    expect(machine.tried).toHaveLength(1);
  });

  test('and where there is none, one sentence says what to do', async () => {
    await expect(
      findChromium(silent, bareMachine({ platform: 'linux-arm64' }), NO_PLAYWRIGHT),
    ).rejects.toThrow(
      new LocalSetupError(
        'No Chromium was found for the tests in a browser: install one, or set BOON_CHROMIUM to its path',
      ),
    );
  });
});

describe('Schemathesis', () => {
  test('is put into the cache by pip, without a virtual environment', async () => {
    const machine = bareMachine({ commands: ['python3'], run: async () => ({ ok: true, output: '' }) });
    const found = await findSchemathesis(silent, machine);
    expect(found).toBe(join(machine.cache, 'schemathesis-4.32.5/schemathesis'));
    expect(machine.tried).toEqual([
      `python3 -m pip install --quiet --disable-pip-version-check --no-input --no-compile --target ${join(machine.cache, 'fetching-schemathesis-4.32.5/packages')} schemathesis==4.32.5 hypothesis==6.170.17`,
    ]);
  });

  test.each([
    ['no Python', {}, 'Python 3 is not installed'],
    [
      'Python without pip',
      { commands: ['python3'], run: failingPip('/usr/bin/python3: No module named pip\n') },
      '/usr/bin/python3: No module named pip',
    ],
  ] as const)('with %s, one sentence says what is missing', async (_name, abilities, reason) => {
    await expect(findSchemathesis(silent, bareMachine(abilities))).rejects.toThrow(
      `Schemathesis, which tests the API against its document, could not be had (${reason}): install Python 3.10 or newer with pip`,
    );
  });
});

describe('what Go builds', () => {
  const target = 'example.com/thing/cmd/thing@v1.0.0';
  const wanted = (machine: BareMachine) => ({
    what: 'The thing',
    sources: [
      {
        into: join(machine.cache, 'thing-1'),
        executable: 'thing',
        fetch: builtWithGo([target], 'the thing'),
      },
    ],
    remedy: 'install it',
  });

  test('comes into the cache by itself, without what it was built from', async () => {
    const machine = bareMachine({
      commands: ['go'],
      run: async (_command, _args, options) => {
        executable(join(options?.env?.GOBIN ?? '', 'thing'));
        writeFileSync(join(options?.env?.GOBIN ?? '', '../leftover'), '');
        return { ok: true, output: '' };
      },
    });
    expect(await fetchOnce(wanted(machine), silent, machine)).toBe(join(machine.cache, 'thing-1/thing'));
    expect(machine.tried).toEqual([`${join(machine.bin, 'go')} install ${target}`]);
  });

  test('where there is no Go, and none can be had, one sentence says so', async () => {
    const machine = bareMachine();
    await expect(fetchOnce(wanted(machine), silent, machine)).rejects.toThrow(
      new LocalSetupError('Go could not be had (Python 3 is not installed): install Go'),
    );
  });
});
