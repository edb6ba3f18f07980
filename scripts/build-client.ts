/**
 * Builds the package `boon-client` into `packages/client/dist`: `src/client` and `src/contracts`, as ES modules and as
 * CommonJS, for Node 20 and later, with declarations that need no zod. `npm run build`, and before it is packed.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { compile } from './compile.ts';
import { type FlatFile, flatDeclarations } from './flat-declarations.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'packages/client');
const DIST = join(PACKAGE, 'dist');
const ENTRIES = ['client/index', 'contracts/index'];
const ESM = join(DIST, 'esm');
const CJS = join(DIST, 'cjs');
const AS_COMMONJS = [
  ...['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false'],
  ...['--declaration', 'false'],
];

// The image of the servers is built without this folder.
if (existsSync(PACKAGE)) await build();

async function build(): Promise<void> {
  await checkVersion();
  await rm(DIST, { recursive: true, force: true });
  const flat = await flatDeclarations();
  // Both are of the same sources, which are checked once, together with the declarations.
  compile('-p', PACKAGE, '--noCheck', '--outDir', ESM);
  for (const { name, text } of flat) {
    const file = join(ESM, `contracts/${name}.d.ts`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  compile('-p', PACKAGE, '--noCheck', '--outDir', CJS, ...AS_COMMONJS);
  await cp(ESM, CJS, { recursive: true, filter: isFolderOrDeclaration });
  await finish(ESM, 'module');
  await finish(CJS, 'commonjs');
  // What CommonJS does not know, such as `import.meta`, is found by nothing but loading it.
  for (const entry of ENTRIES) createRequire(import.meta.url)(join(CJS, `${entry}.js`));
  await check(flat);
}

function isFolderOrDeclaration(path: string): boolean {
  return !/\.\w+$/.test(path) || path.endsWith('.d.ts');
}

async function finish(folder: string, type: 'module' | 'commonjs'): Promise<void> {
  await keepWhatIsReached(folder);
  // Node tells by the nearest package.json which of the two a file is.
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ type })}\n`);
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

/** Throws unless the sources are without a type error and each flat type is the very type of its schema. */
async function check(flat: readonly FlatFile[]): Promise<void> {
  const folder = join(ESM, 'compared');
  await mkdir(folder);
  const shipped = flat.filter(({ name }) => existsSync(join(ESM, `contracts/${name}.d.ts`)));
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
      extends: relative(folder, join(PACKAGE, 'tsconfig.json')),
      compilerOptions: { noEmit: true, rootDir: ROOT },
      files: ['compared.ts', ...ENTRIES.map((entry) => join(ROOT, 'src', `${entry}.ts`))],
    }),
  );
  compile('-p', folder);
  await rm(folder, { recursive: true });
}
