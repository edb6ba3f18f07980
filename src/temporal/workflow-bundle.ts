/** The workflows' code in one piece, as a worker loads it. Made once: it is what rejects a disallowed import. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import { besideThis, FAILURE_CONVERTER } from './failure-conversion.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Folders whose files can be part of the bundle. */
const SOURCES = ['workflows', 'contracts', 'domain'].map((folder) => join(HERE, '..', folder));
/** Lies beside the compiled code of a package. */
const PREBUILT = join(HERE, '..', 'workflow-bundle.js');

/**
 * The bundle: the one that came with the package, else one made of the sources and kept in `cacheFolder` under
 * their digest.
 */
export async function workflowBundle(cacheFolder: string): Promise<WorkflowBundleOption> {
  if (existsSync(PREBUILT)) return { codePath: PREBUILT };
  const codePath = join(cacheFolder, 'bundles', `${await digestOfSources()}.js`);
  if (existsSync(codePath)) return { codePath };
  const code = await buildWorkflowBundle();
  return (await keep(code, codePath)) ? { codePath } : { code };
}

/** A cache that is full or may not be written only costs the next start its time. */
async function keep(code: string, path: string): Promise<boolean> {
  const written = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(written, code);
    await rename(written, path);
    return true;
  } catch {
    await rm(written, { force: true }).catch(() => undefined);
    return false;
  }
}

/** Bundles the workflows; fails when one of them imports what a workflow must not. */
export async function buildWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: besideThis('../workflows/index'),
    failureConverterPath: FAILURE_CONVERTER,
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

async function digestOfSources(): Promise<string> {
  const digest = createHash('sha256');
  const require = createRequire(import.meta.url);
  digest.update(String(require('@temporalio/worker/package.json').version));
  for (const folder of SOURCES) {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.[jt]s$/.test(name));
    for (const name of names.sort()) {
      digest.update(name).update(await readFile(join(folder, name)));
    }
  }
  return digest.digest('hex').slice(0, 32);
}
