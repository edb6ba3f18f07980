// A stand-in for the launcher: starts both servers in the folder it is given, says their process numbers, and stays.
import { join } from 'node:path';
import { startPostgres } from '../../../src/local/postgres.ts';
import { startTemporalDevServer } from '../../../src/local/temporal.ts';

const [, , folder = '', cli = ''] = process.argv;
const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
const temporal = await startTemporalDevServer({ cli, dbFile: join(folder, 'temporal.db'), headless: true });
// The launcher stops its servers in its own order; here it is told to stop and does not.
process.on('SIGINT', () => {});
console.log(JSON.stringify([postgres.pid, temporal.pid]));
setInterval(() => {}, 60_000);
