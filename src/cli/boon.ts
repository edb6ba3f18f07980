#!/usr/bin/env node
/** The `boon` command as a process. */
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `Boon needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}: in a checkout, \`npm start\` and \`npm run boon -- …\` bring their own.\n`,
  );
  process.exit(1);
}

// Only now: an older Node would stop at what these files are written in.
const { enableCompileCache } = await import('node:module');
const { cacheFolder } = await import('../local/cache-folder.ts');
// Half a second less at each start but the first. Where it cannot be written, Node does without.
enableCompileCache(`${cacheFolder()}/compiled`);
const { runProgram } = await import('./program.ts');
const { ownTerminal } = await import('./terminal.ts');

process.exit(await runProgram(process.argv.slice(2), ownTerminal()));
