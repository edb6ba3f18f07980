/** Why a local start may be refused. It comes before the rest is loaded: that takes seconds on a busy machine. */
import type { Config } from '../config.ts';
import { makeFolder } from './machine.ts';
import { assertPortFree } from './ports.ts';

/**
 * Checks the folder, the ports and the database that the configuration names. A Temporal server of one's own is
 * asked later: the way to it has to be loaded first.
 *
 * @throws LocalSetupError
 */
export async function checkStart(config: Config): Promise<void> {
  const { port, databaseUrl, temporalAddress, temporalPorts } = config;
  await makeFolder(config.dataDir, 'BOON_DATA_DIR');
  if (port !== 0) await assertPortFree(port, 'HTTP server', 'PORT');
  if (databaseUrl !== undefined) {
    const { assertDatabaseAnswers } = await import('./reachable.ts');
    await assertDatabaseAnswers(databaseUrl);
  }
  if (temporalAddress !== undefined) return;
  if (temporalPorts.grpc !== 0) await assertPortFree(temporalPorts.grpc, 'Temporal', 'BOON_TEMPORAL_PORT');
  if (temporalPorts.ui !== 0)
    await assertPortFree(temporalPorts.ui, 'Temporal Web UI', 'BOON_TEMPORAL_UI_PORT');
}
