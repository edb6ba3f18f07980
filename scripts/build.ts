/**
 * Builds the package into `dist/`: compiled code with types, the ledger's migrations beside it, and the workflows'
 * bundle, so that an installed worker starts without bundling anything. `npm run build`, and before each `npm pack`.
 */
import { chmod, cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from './compile.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

await rm(DIST, { recursive: true, force: true });
compile('-p', join(ROOT, 'tsconfig.build.json'));
// Migrations, and the functions by their nouns; the examples of the OpenAPI document.
await cp(join(ROOT, 'src/ledger'), join(DIST, 'ledger'), {
  recursive: true,
  filter: (path) => !/\.\w+$/.test(path) || path.endsWith('.sql'),
});
await cp(join(ROOT, 'src/http/openapi/examples.json'), join(DIST, 'http/openapi/examples.json'));
await chmod(join(DIST, 'cli/boon.js'), 0o755);

// The compiled one: it bundles the compiled workflows that lie beside it.
const bundler: typeof import('../src/temporal/workflow-bundle.ts') = await import(
  join(DIST, 'temporal/workflow-bundle.js')
);
await writeFile(join(DIST, 'workflow-bundle.js'), await bundler.buildWorkflowBundle());
