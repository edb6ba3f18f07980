import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fetch, fetching } from './fetch-once.ts';
import type { SdkServer } from './sdk-download.ts';

/**
 * The Temporal SDK's own download, as a way to get a server.
 *
 * @param what names the server, for the person who waits: `the Temporal server`
 */
export function fromSdk(server: SdkServer, version: string, what: string): Fetch {
  return async (folder, progress, machine) => {
    const into = join(folder, 'download');
    await mkdir(into);
    return await fetching(progress, `Downloading ${what} from Temporal (once)`, async () => {
      const path = await machine.download(server, `v${version}`, into);
      if (path === undefined) return { reason: 'Temporal’s own download did not come' };
      await chmod(path, 0o755);
      return { path };
    });
  };
}
