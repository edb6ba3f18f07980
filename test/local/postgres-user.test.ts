import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asUser } from '../../src/local/postgres-user.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const postgres = { name: 'postgres', uid: 4242, gid: 4242 };
const command = { command: '/bin/postgres', args: ['-D', '/data'] };

/** A folder that only its owner may enter. */
function closedFolder(): string {
  const path = join(scratchFolder(), 'closed');
  chmodSync(join(path, '..'), 0o755);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

test('without a user of its own the command stays as it is', () => {
  expect(asUser(undefined, command, [closedFolder()])).toEqual(command);
});

test('in folders open to everybody it is started as its user', () => {
  expect(asUser(postgres, command, ['/bin/postgres', '/var/lib'])).toEqual({
    ...command,
    user: { uid: 4242, gid: 4242 },
  });
});

test('in a closed folder it gets the privilege to pass through', () => {
  const bin = scratchFolder();
  const setpriv = executable(join(bin, 'setpriv'));
  const started = asUser(postgres, command, [join(closedFolder(), 'data')], { PATH: bin });
  expect(started.command).toBe(setpriv);
  expect(started.args.join(' ')).toMatch(
    /--reuid 4242 .*--ambient-caps \+dac_override .*postgres -D \/data$/,
  );
});

test('in a closed folder, where the system cannot give that privilege, the message says what to do', () => {
  const closed = closedFolder();
  expect(() => asUser(postgres, command, [join(closed, 'data')], { PATH: scratchFolder() })).toThrow(
    new LocalSetupError(
      `PostgreSQL refuses to run as root, and the user postgres may not enter ${closed}: start Boon as an ordinary user`,
    ),
  );
});
