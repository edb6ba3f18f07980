/**
 * Completes package-lock.json for every platform: `node scripts/complete-lockfile.ts` after `npm install`.
 *
 * npm leaves an optional package out of the lock file when the registry in use does not have it (a mirror that holds
 * one platform's binaries, say), and `npm ci` then refuses the file on every machine. Each platform package that is
 * missing is added with the version that its parent asks for, and the platform that its name tells.
 */
import { readFileSync, writeFileSync } from 'node:fs';

type Entry = {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
} & Record<string, unknown>;
type Lockfile = { packages: Record<string, Entry> };

const FILE = new URL('../package-lock.json', import.meta.url);

const lockfile: Lockfile = JSON.parse(readFileSync(FILE, 'utf8'));
const missing = missingPlatformPackages(lockfile);
const packages = Object.entries({ ...lockfile.packages, ...missing });
lockfile.packages = Object.fromEntries(packages.sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(FILE, `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`package-lock.json: ${Object.keys(missing).length} platform packages added`);

function missingPlatformPackages({ packages }: Lockfile): Record<string, Entry> {
  const missing: Record<string, Entry> = {};
  for (const [path, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      if (platform === undefined || isLocked(packages, path, name)) continue;
      const dev = parent.dev === true ? { dev: true } : {};
      missing[`node_modules/${name}`] = { version, ...dev, optional: true, ...platform };
    }
  }
  return missing;
}

/** Whether the package that `path` would load under this name is in the lock file. */
function isLocked(packages: Lockfile['packages'], path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[at] !== undefined) return true;
    if (folder === '') return false;
  }
}

/** `…-linux-x64-musl` tells the system, the processor and the C library; other names are no platform's. */
function platformOf(name: string): Record<string, string[]> | undefined {
  const found = /-(android|darwin|freebsd|linux|openharmony|win32)-([a-z\d]+)(?:-([a-z]+))?$/.exec(name);
  if (found === null) return undefined;
  const [, os = '', cpu = '', variant = ''] = found;
  const libc = os !== 'linux' ? undefined : variant.startsWith('musl') ? 'musl' : 'glibc';
  return {
    os: [os],
    cpu: [cpu],
    ...(libc === undefined || variant === '' ? {} : { libc: [libc] }),
  };
}
