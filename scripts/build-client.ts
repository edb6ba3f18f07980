/**
 * Builds the package `boon-client` into `packages/client/dist`: `src/client` and `src/contracts`, as ES modules and as
 * CommonJS, for Node 20 and later, with declarations that need no zod. `npm run build`, and before it is packed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type FlatFile, flatDeclarations } from './flat-declarations.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'packages/client');
const DIST = join(PACKAGE, 'dist');
const ENTRIES = ['client/index', 'contracts/index'];
const FORMATS = {
  esm: { type: 'module', options: [] },
  cjs: {
    type: 'commonjs',
    options: ['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false'],
  },
} as const;

// The image of the servers is built without this folder.
if (existsSync(PACKAGE)) await build();

async function build(): Promise<void> {
  await checkVersion();
  await rm(DIST, { recursive: true, force: true });
  const flat = await flatDeclarations();
  for (const [format, { type, options }] of Object.entries(FORMATS)) {
    const folder = join(DIST, format);
    compile('-p', PACKAGE, '--outDir', folder, ...options);
    for (const { name, text } of flat) {
      const file = join(folder, `contracts/${name}.d.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    await keepWhatIsReached(folder);
    // Node tells by the nearest package.json which of the two a file is.
    await writeFile(join(folder, 'package.json'), `${JSON.stringify({ type })}\n`);
  }
  await compareWithSchemas(flat);
}

/** Both packages are released together, under one version. */
async function checkVersion(): Promise<void> {
  const [boon, client] = await Promise.all(
    [ROOT, PACKAGE].map(async (folder) => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))),
  );
  if (client.version !== boon.version) {
    throw new Error(`packages/client is version ${client.version}, and boon ${boon.version}: make them one.`);
  }
}

/** Runs TypeScript's compiler; throws when it finds a fault. */
function compile(...args: string[]): void {
  const compiler = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  execFileSync(process.execPath, [compiler, ...args], { stdio: 'inherit', cwd: ROOT });
}

/** Deletes files that neither code nor declarations lead to: schemas, and what only they or the server need. */
async function keepWhatIsReached(folder: string): Promise<void> {
  const reached = new Set<string>();
  for (const entry of ENTRIES) {
    await follow(join(folder, `${entry}.js`), '.js', reached);
    await follow(join(folder, `${entry}.d.ts`), '.d.ts', reached);
  }
  for (const name of await readdir(folder, { recursive: true })) {
    const file = join(folder, name);
    if (/\.(js|ts)$/.test(name) && !reached.has(file)) await rm(file);
  }
}

/** Notes a file and all that it imports; in declarations imports end in `.js` from here on, for older compilers. */
async function follow(file: string, extension: '.js' | '.d.ts', reached: Set<string>): Promise<void> {
  if (reached.has(file)) return;
  reached.add(file);
  const written = await readFile(file, 'utf8');
  const source = written.replace(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');
  if (source !== written) await writeFile(file, source);
  for (const [, , name = ''] of source.matchAll(/(['"])(\.{1,2}\/[^'"\n]+)\.js\1/g)) {
    await follow(join(dirname(file), `${name}${extension}`), extension, reached);
  }
}

/** Throws unless each flat type is the very type of its schema. */
async function compareWithSchemas(flat: readonly FlatFile[]): Promise<void> {
  const folder = join(DIST, 'esm/compared');
  await mkdir(folder);
  const shipped = flat.filter(({ name }) => existsSync(join(DIST, `esm/contracts/${name}.d.ts`)));
  const lines = shipped.flatMap(({ name, types }, i) => [
    `import type * as flat${i} from '../contracts/${name}.js';`,
    `import type * as schemas${i} from '${relative(folder, join(ROOT, 'src/contracts', name))}.ts';`,
    ...types.map((type) => `export const ${type}${i}: Same<flat${i}.${type}, schemas${i}.${type}> = true;`),
  ]);
  const same =
    'type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;';
  await writeFile(join(folder, 'compared.ts'), `${[...lines, same].join('\n')}\n`);
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: relative(folder, join(ROOT, 'tsconfig.json')),
      include: [],
      files: ['compared.ts'],
    }),
  );
  compile('-p', folder);
  await rm(folder, { recursive: true });
}
